CREATE TABLE `alert_digests` (
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`workflow_id` text NOT NULL,
	`number` integer NOT NULL,
	`count` integer NOT NULL,
	`newest` text NOT NULL,
	`next_at` integer NOT NULL,
	`due_at` integer,
	PRIMARY KEY(`tenant_id`, `workflow_id`)
);
--> statement-breakpoint
CREATE INDEX `alert_digests_due` ON `alert_digests` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `mails_wanted` integer;--> statement-breakpoint
ALTER TABLE `run_alerts` ADD `due_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `run_alerts_due` ON `run_alerts` (`due_at`,`id`);