PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_data_keys` (
	`tenant_id` text NOT NULL,
	`generation` integer DEFAULT 1 NOT NULL,
	`wrapped` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `generation`)
);
--> statement-breakpoint
INSERT INTO `__new_data_keys`("tenant_id", "generation", "wrapped") SELECT "tenant_id", 1, "wrapped" FROM `data_keys`;--> statement-breakpoint
DROP TABLE `data_keys`;--> statement-breakpoint
ALTER TABLE `__new_data_keys` RENAME TO `data_keys`;--> statement-breakpoint
PRAGMA foreign_keys=ON;