CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`secret_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `api_keys_by_workspace` ON `api_keys` (`workspace_id`,`id`);--> statement-breakpoint
CREATE TABLE `audit_heads` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_log` (
	`tenant_id` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`actor_kind` text NOT NULL,
	`actor_id` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`details` text NOT NULL,
	`previous_hash` text NOT NULL,
	`hash` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`connector` text NOT NULL,
	`name` text NOT NULL,
	`scheme` text NOT NULL,
	`hosts` text NOT NULL,
	`state` text NOT NULL,
	`problem` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`last_used_at` integer,
	`sealed_credential` text NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `connections_by_workspace` ON `connections` (`workspace_id`,`id`);--> statement-breakpoint
CREATE TABLE `data_keys` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`wrapped` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `dedupe_keys` (
	`tenant_id` text NOT NULL,
	`workflow_id` text NOT NULL,
	`key_hash` text NOT NULL,
	`run_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `workflow_id`, `key_hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `dedupe_keys_by_expiry` ON `dedupe_keys` (`expires_at`);--> statement-breakpoint
CREATE TABLE `hooks` (
	`secret_hash` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`workflow_id` text NOT NULL,
	`version` integer,
	`sealed_secret` text NOT NULL,
	FOREIGN KEY (`workflow_id`) REFERENCES `workflows`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `hooks_workflow_id_unique` ON `hooks` (`workflow_id`);--> statement-breakpoint
CREATE TABLE `run_counts` (
	`tenant_id` text NOT NULL,
	`day` integer NOT NULL,
	`runs` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `day`)
);
--> statement-breakpoint
CREATE TABLE `run_payloads` (
	`run_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`trigger` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `run_signals` (
	`run_id` text NOT NULL,
	`seq` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`signal` text NOT NULL,
	PRIMARY KEY(`run_id`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`workflow_id` text NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`waiting_for` text,
	`source` text NOT NULL,
	`event_id` text NOT NULL,
	`replay_of` text,
	`parent` text,
	`depth` integer NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`due_at` integer,
	`lease_owner` text,
	`fence` integer NOT NULL,
	`interruptions` integer DEFAULT 0 NOT NULL,
	`signal_seq` integer DEFAULT 0 NOT NULL,
	`signals_applied` integer DEFAULT 0 NOT NULL,
	`error` text,
	`trigger` text,
	`output` text,
	`response` text
);
--> statement-breakpoint
CREATE INDEX `runs_by_workspace` ON `runs` (`workspace_id`,`id`);--> statement-breakpoint
CREATE INDEX `runs_by_workflow` ON `runs` (`workflow_id`,`id`);--> statement-breakpoint
CREATE INDEX `runs_by_status` ON `runs` (`workspace_id`,`status`,`id`) WHERE lease_owner IS NULL AND status <> 'succeeded';--> statement-breakpoint
CREATE INDEX `runs_by_workflow_status` ON `runs` (`workflow_id`,`status`,`id`) WHERE lease_owner IS NULL AND status <> 'succeeded';--> statement-breakpoint
CREATE INDEX `runs_held` ON `runs` (`lease_owner`) WHERE lease_owner IS NOT NULL;--> statement-breakpoint
CREATE INDEX `runs_due` ON `runs` (`tenant_id`,`due_at`) WHERE due_at IS NOT NULL AND interruptions < 2;--> statement-breakpoint
CREATE INDEX `runs_suspect` ON `runs` (`lease_owner`,`due_at`) WHERE interruptions >= 2;--> statement-breakpoint
CREATE INDEX `runs_finished` ON `runs` (`finished_at`) WHERE finished_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `schedules` (
	`workflow_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`version` integer NOT NULL,
	`spec` text NOT NULL,
	`missed` text NOT NULL,
	`next_at` integer,
	FOREIGN KEY (`workflow_id`) REFERENCES `workflows`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `schedules_due` ON `schedules` (`next_at`) WHERE next_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `steps` (
	`run_id` text NOT NULL,
	`iteration` text NOT NULL,
	`path` text NOT NULL,
	`epoch` integer NOT NULL,
	`attempt` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`effect` text,
	`idempotency_key` text,
	`waiting_for` text,
	`wake_at` integer,
	`planned_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`error` text,
	`input` text,
	`output` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `steps_by_key` ON `steps` (`run_id`,`path`,`iteration`,`epoch`,`attempt`);--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tenants_slug_unique` ON `tenants` (`slug`);--> statement-breakpoint
CREATE TABLE `variables` (
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`value` text,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `name`),
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `workflow_versions` (
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`workflow_id` text NOT NULL,
	`version` integer NOT NULL,
	`definition` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	PRIMARY KEY(`workflow_id`, `version`),
	FOREIGN KEY (`workflow_id`) REFERENCES `workflows`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `workflows` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`definition` text NOT NULL,
	`published_version` integer,
	`latest_version` integer NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `workflows_by_workspace` ON `workflows` (`workspace_id`,`id`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`slug` text NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workspaces_by_slug` ON `workspaces` (`tenant_id`,`slug`);