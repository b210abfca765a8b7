CREATE TABLE `event_apps` (
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`public_id` text NOT NULL,
	`sealed_secrets` text,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `connector`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `event_apps_public_id_unique` ON `event_apps` (`public_id`);--> statement-breakpoint
CREATE INDEX `connections_by_account` ON `connections` (`connector`,`account_id`) WHERE account_id IS NOT NULL;