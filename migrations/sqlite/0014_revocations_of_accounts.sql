ALTER TABLE `revocations` ADD `connection_id` text;--> statement-breakpoint
ALTER TABLE `revocations` ADD `account_id` text;--> statement-breakpoint
ALTER TABLE `revocations` ADD `account_label` text;