CREATE TABLE "alert_digest_queue" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"due_at" bigint NOT NULL,
	CONSTRAINT "alert_digest_queue_tenant_id_workflow_id_pk" PRIMARY KEY("tenant_id","workflow_id")
);
--> statement-breakpoint
CREATE TABLE "alert_digests" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"number" integer NOT NULL,
	"count" integer NOT NULL,
	"newest" text NOT NULL,
	"next_at" bigint NOT NULL,
	"due_at" bigint,
	CONSTRAINT "alert_digests_tenant_id_workflow_id_pk" PRIMARY KEY("tenant_id","workflow_id")
);
--> statement-breakpoint
ALTER TABLE "alert_digests" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "mails_wanted" boolean;--> statement-breakpoint
ALTER TABLE "alert_queue" ADD COLUMN "due_at" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "alert_digest_queue_due" ON "alert_digest_queue" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "alert_queue_due" ON "alert_queue" USING btree ("due_at","id");--> statement-breakpoint
CREATE POLICY "tenant_only" ON "alert_digests" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));