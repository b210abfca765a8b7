CREATE TABLE "alert_queue" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "alert_queue_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_key_routes" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"name" text NOT NULL,
	"scopes" text NOT NULL,
	"secret_hash" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"last_used_at" bigint
);
--> statement-breakpoint
ALTER TABLE "api_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "audit_heads" (
	"tenant_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "audit_heads" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "audit_log" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"seq" integer NOT NULL,
	"at" bigint NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"target" text NOT NULL,
	"details" text NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_log_tenant_id_seq_pk" PRIMARY KEY("tenant_id","seq")
);
--> statement-breakpoint
ALTER TABLE "audit_log" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "connections" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"connector" text NOT NULL,
	"name" text NOT NULL,
	"scheme" text NOT NULL,
	"hosts" text NOT NULL,
	"state" text NOT NULL,
	"problem" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"last_used_at" bigint,
	"sealed_credential" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "connections" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "data_keys" (
	"tenant_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"wrapped" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "data_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "dedupe_keys" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"key_hash" text COLLATE "C" NOT NULL,
	"run_id" text COLLATE "C" NOT NULL,
	"taken_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	CONSTRAINT "dedupe_keys_tenant_id_workflow_id_key_hash_pk" PRIMARY KEY("tenant_id","workflow_id","key_hash")
);
--> statement-breakpoint
ALTER TABLE "dedupe_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "hook_routes" (
	"secret_hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"version" integer,
	CONSTRAINT "hook_routes_workflow_id_unique" UNIQUE("workflow_id")
);
--> statement-breakpoint
CREATE TABLE "hook_secrets" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"sealed_secret" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "hook_secrets" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "run_alerts" (
	"id" bigint PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"run_id" text COLLATE "C" NOT NULL,
	"reason" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "run_alerts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "run_counts" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"day" integer NOT NULL,
	"shard" integer NOT NULL,
	"runs" integer NOT NULL,
	CONSTRAINT "run_counts_tenant_id_day_shard_pk" PRIMARY KEY("tenant_id","day","shard")
);
--> statement-breakpoint
ALTER TABLE "run_counts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "run_queue" (
	"run_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"due_at" bigint,
	"lease_owner" text COLLATE "C",
	"fence" integer NOT NULL,
	"interruptions" integer NOT NULL,
	"signal_seq" integer DEFAULT 0 NOT NULL,
	"signals_applied" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run_signals" (
	"run_id" text COLLATE "C" NOT NULL,
	"seq" integer NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"signal" text NOT NULL,
	CONSTRAINT "run_signals_run_id_seq_pk" PRIMARY KEY("run_id","seq")
);
--> statement-breakpoint
ALTER TABLE "run_signals" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "runs" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"status" text NOT NULL,
	"waiting_for" text,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"replay_of" text,
	"parent" text,
	"depth" integer NOT NULL,
	"created_at" bigint NOT NULL,
	"started_at" bigint,
	"finished_at" bigint,
	"error" text,
	"trigger" text NOT NULL,
	"output" text,
	"response" text
);
--> statement-breakpoint
ALTER TABLE "runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "schedule_queue" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"next_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"spec" text NOT NULL,
	"missed" text NOT NULL,
	"next_at" bigint
);
--> statement-breakpoint
ALTER TABLE "schedules" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "steps" (
	"run_id" text COLLATE "C" NOT NULL,
	"iteration" text COLLATE "C" NOT NULL,
	"path" text COLLATE "C" NOT NULL,
	"epoch" integer NOT NULL,
	"attempt" integer NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "steps_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"effect" text,
	"idempotency_key" text,
	"waiting_for" text,
	"wake_at" bigint,
	"planned_at" bigint NOT NULL,
	"started_at" bigint,
	"finished_at" bigint,
	"error" text,
	"input" text,
	"output" text,
	CONSTRAINT "steps_run_id_path_iteration_epoch_attempt_pk" PRIMARY KEY("run_id","path","iteration","epoch","attempt")
);
--> statement-breakpoint
ALTER TABLE "steps" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"slug" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "tenants_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "variables" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"value" text NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "variables_workspace_id_name_pk" PRIMARY KEY("workspace_id","name")
);
--> statement-breakpoint
ALTER TABLE "variables" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "workers" (
	"owner" text COLLATE "C" PRIMARY KEY NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workflow_versions" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"workflow_id" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"definition" text NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "workflow_versions_workflow_id_version_pk" PRIMARY KEY("workflow_id","version")
);
--> statement-breakpoint
ALTER TABLE "workflow_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "workflows" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"name" text NOT NULL,
	"definition" text NOT NULL,
	"published_version" integer,
	"latest_version" integer NOT NULL,
	"revision" integer NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"deleted_at" bigint
);
--> statement-breakpoint
ALTER TABLE "workflows" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"slug" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workspaces" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "variables" ADD CONSTRAINT "variables_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflows" ADD CONSTRAINT "workflows_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspaces" ADD CONSTRAINT "workspaces_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_by_workspace" ON "api_keys" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "connections_by_workspace" ON "connections" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "dedupe_keys_by_expiry" ON "dedupe_keys" USING btree ("tenant_id","expires_at");--> statement-breakpoint
CREATE INDEX "run_queue_due" ON "run_queue" USING btree ("tenant_id","due_at") WHERE due_at IS NOT NULL AND interruptions < 2;--> statement-breakpoint
CREATE INDEX "run_queue_suspect" ON "run_queue" USING btree ("lease_owner","due_at") WHERE interruptions >= 2;--> statement-breakpoint
CREATE INDEX "run_queue_held" ON "run_queue" USING btree ("lease_owner") WHERE lease_owner IS NOT NULL;--> statement-breakpoint
CREATE INDEX "run_queue_by_tenant" ON "run_queue" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "runs_by_workspace" ON "runs" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "runs_by_workflow" ON "runs" USING btree ("workflow_id","id");--> statement-breakpoint
CREATE INDEX "runs_by_status" ON "runs" USING btree ("workspace_id","status","id") WHERE status <> 'succeeded';--> statement-breakpoint
CREATE INDEX "runs_finished" ON "runs" USING btree ("tenant_id","finished_at") WHERE finished_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "schedule_queue_due" ON "schedule_queue" USING btree ("next_at");--> statement-breakpoint
CREATE INDEX "workflows_by_workspace" ON "workflows" USING btree ("workspace_id","id") WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "workspaces_by_slug" ON "workspaces" USING btree ("tenant_id","slug");--> statement-breakpoint
CREATE POLICY "tenant_only" ON "api_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "audit_heads" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "audit_log" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "connections" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "data_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "dedupe_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "hook_secrets" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "run_alerts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "run_counts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "run_signals" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "runs" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "schedules" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "steps" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "variables" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "workflow_versions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "workflows" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_only" ON "workspaces" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));