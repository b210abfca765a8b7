CREATE TABLE `mails` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`key` text NOT NULL,
	`recipient` text NOT NULL,
	`subject` text NOT NULL,
	`sealed_content` text,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`problem` text,
	`created_at` integer NOT NULL,
	`give_up_at` integer NOT NULL,
	`due_at` integer,
	`settled_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mails_by_key` ON `mails` (`tenant_id`,`key`);--> statement-breakpoint
CREATE INDEX `mails_due` ON `mails` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `mails_undelivered` ON `mails` (`tenant_id`,`workspace_id`,`id`) WHERE state <> 'sent';--> statement-breakpoint
CREATE INDEX `mails_by_end` ON `mails` (`settled_at`) WHERE settled_at IS NOT NULL;