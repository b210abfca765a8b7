ALTER TABLE "revocations" ADD COLUMN "connection_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "account_id" text;--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "account_label" text;