CREATE TABLE `connection_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`message` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `connection_events_by_connection` ON `connection_events` (`connection_id`,`id`);--> statement-breakpoint
CREATE TABLE `connection_queue` (
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`due_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `kind`, `subject`)
);
--> statement-breakpoint
CREATE INDEX `connection_queue_due` ON `connection_queue` (`due_at`);--> statement-breakpoint
CREATE TABLE `oauth_app_problems` (
	`tenant_id` text NOT NULL,
	`provider` text NOT NULL,
	`problem` text NOT NULL,
	`since` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `provider`)
);
--> statement-breakpoint
CREATE TABLE `oauth_clients` (
	`tenant_id` text NOT NULL,
	`provider` text NOT NULL,
	`client_id` text NOT NULL,
	`sealed_secret` text,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `provider`)
);
--> statement-breakpoint
CREATE TABLE `oauth_flows` (
	`state_hash` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`session_id` text NOT NULL,
	`sealed_payload` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `parked_runs` (
	`connection_id` text NOT NULL,
	`run_id` text NOT NULL,
	`tenant_id` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `run_id`)
);
--> statement-breakpoint
CREATE TABLE `revocations` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`connector` text NOT NULL,
	`scheme` text NOT NULL,
	`sealed_credential` text NOT NULL,
	`attempts` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `connections` ADD `generation` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `connections` ADD `account_id` text;--> statement-breakpoint
ALTER TABLE `connections` ADD `account_label` text;--> statement-breakpoint
ALTER TABLE `connections` ADD `scopes` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `connections` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `connections` ADD `refreshed_at` integer;--> statement-breakpoint
ALTER TABLE `connections` ADD `refresh_at` integer;--> statement-breakpoint
ALTER TABLE `connections` ADD `refresh_failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `connections` ADD `lease_owner` text;--> statement-breakpoint
ALTER TABLE `connections` ADD `lease_until` integer;--> statement-breakpoint
CREATE INDEX `connections_leased` ON `connections` (`lease_owner`) WHERE lease_owner IS NOT NULL;