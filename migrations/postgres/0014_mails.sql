CREATE TABLE "mail_queue" (
	"mail_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"due_at" bigint,
	"settled_at" bigint
);
--> statement-breakpoint
CREATE TABLE "mails" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"sealed_content" text,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"problem" text,
	"created_at" bigint NOT NULL,
	"give_up_at" bigint NOT NULL,
	"due_at" bigint,
	"settled_at" bigint
);
--> statement-breakpoint
ALTER TABLE "mails" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "mails" ADD CONSTRAINT "mails_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mail_queue_due" ON "mail_queue" USING btree ("due_at") WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "mail_queue_by_end" ON "mail_queue" USING btree ("settled_at") WHERE settled_at IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "mails_by_key" ON "mails" USING btree ("tenant_id","key");--> statement-breakpoint
CREATE INDEX "mails_undelivered" ON "mails" USING btree ("workspace_id","id") WHERE state <> 'sent';--> statement-breakpoint
CREATE POLICY "tenant_only" ON "mails" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));