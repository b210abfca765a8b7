CREATE TABLE "poll_queue" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"next_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "polls" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"trigger_hash" text NOT NULL,
	"every_ms" bigint NOT NULL,
	"next_at" bigint NOT NULL,
	"cursor" text NOT NULL,
	"succeeded_at" bigint,
	"failures" integer NOT NULL,
	"problem" text,
	"paused" boolean NOT NULL,
	"fence" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "polls" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "subscription_queue" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"next_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "trigger_subscriptions" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"wanted" text,
	"standing" text,
	"sealed" text NOT NULL,
	"next_at" bigint NOT NULL,
	"failures" integer NOT NULL,
	"problem" text,
	"paused" boolean NOT NULL,
	"fence" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "trigger_subscriptions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "poll_queue_due" ON "poll_queue" USING btree ("next_at");--> statement-breakpoint
CREATE INDEX "polls_paused" ON "polls" USING btree ("workspace_id") WHERE paused;--> statement-breakpoint
CREATE INDEX "subscription_queue_due" ON "subscription_queue" USING btree ("next_at");--> statement-breakpoint
CREATE INDEX "trigger_subscriptions_paused" ON "trigger_subscriptions" USING btree ("workspace_id") WHERE paused;--> statement-breakpoint
CREATE POLICY "tenant_only" ON "polls" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "trigger_subscriptions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));