CREATE TABLE `event_routes` (
	`workflow_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`version` integer NOT NULL,
	`connector` text NOT NULL,
	`connection_id` text NOT NULL,
	`account_id` text NOT NULL,
	FOREIGN KEY (`workflow_id`) REFERENCES `workflows`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `event_routes_by_account` ON `event_routes` (`connector`,`account_id`);--> statement-breakpoint
CREATE INDEX `event_routes_by_connection` ON `event_routes` (`connection_id`);