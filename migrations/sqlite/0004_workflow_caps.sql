CREATE TABLE `workflow_caps` (
	`workflow_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`max_running` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `runs_due_by_workflow` ON `runs` (`tenant_id`,`workflow_id`,`due_at`) WHERE due_at IS NOT NULL AND interruptions < 2;