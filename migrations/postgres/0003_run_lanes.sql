CREATE TABLE "workflow_caps" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"max_running" integer NOT NULL
);
--> statement-breakpoint
DROP INDEX "run_queue_due";--> statement-breakpoint
DROP INDEX "run_queue_by_tenant";--> statement-breakpoint
ALTER TABLE "run_queue" ADD COLUMN "workflow_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "run_queue" ADD COLUMN "lane" text COLLATE "C" NOT NULL DEFAULT '';--> statement-breakpoint
ALTER TABLE "run_queue" ALTER COLUMN "lane" DROP DEFAULT;--> statement-breakpoint
-- The owner, who migrates, is bound by the policy as well and must see the runs of every tenant here.
ALTER TABLE "runs" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "run_queue" SET "workflow_id" = "runs"."workflow_id" FROM "runs" WHERE "runs"."id" = "run_queue"."run_id";--> statement-breakpoint
ALTER TABLE "runs" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "run_queue" ALTER COLUMN "workflow_id" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "run_queue_lanes" ON "run_queue" USING btree ("lane") WHERE lease_owner IS NOT NULL AND lane <> '';--> statement-breakpoint
CREATE INDEX "run_queue_due" ON "run_queue" USING btree ("tenant_id","lane","due_at") WHERE due_at IS NOT NULL AND interruptions < 2;--> statement-breakpoint
CREATE INDEX "run_queue_by_tenant" ON "run_queue" USING btree ("tenant_id","lease_owner");