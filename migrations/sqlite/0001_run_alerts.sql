CREATE TABLE `run_alerts` (
	`id` integer PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`run_id` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL
);
