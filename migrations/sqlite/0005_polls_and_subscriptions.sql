CREATE TABLE `polls` (
	`workflow_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`version` integer NOT NULL,
	`trigger_hash` text NOT NULL,
	`every_ms` integer NOT NULL,
	`next_at` integer NOT NULL,
	`cursor` text NOT NULL,
	`succeeded_at` integer,
	`failures` integer NOT NULL,
	`problem` text,
	`paused` integer NOT NULL,
	`fence` integer NOT NULL,
	FOREIGN KEY (`workflow_id`) REFERENCES `workflows`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `polls_due` ON `polls` (`next_at`);--> statement-breakpoint
CREATE INDEX `polls_paused` ON `polls` (`workspace_id`) WHERE paused = 1;--> statement-breakpoint
CREATE TABLE `trigger_subscriptions` (
	`workflow_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`wanted` text,
	`standing` text,
	`sealed` text NOT NULL,
	`next_at` integer NOT NULL,
	`failures` integer NOT NULL,
	`problem` text,
	`paused` integer NOT NULL,
	`fence` integer NOT NULL,
	FOREIGN KEY (`workflow_id`) REFERENCES `workflows`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `trigger_subscriptions_due` ON `trigger_subscriptions` (`next_at`);--> statement-breakpoint
CREATE INDEX `trigger_subscriptions_paused` ON `trigger_subscriptions` (`workspace_id`) WHERE paused = 1;