CREATE TABLE "connection_accounts" (
	"connection_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"connector" text COLLATE "C" NOT NULL,
	"account_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_app_routes" (
	"public_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"connector" text COLLATE "C" NOT NULL,
	"has_secrets" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_apps" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"connector" text COLLATE "C" NOT NULL,
	"public_id" text COLLATE "C" NOT NULL,
	"sealed_secrets" text,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "event_apps_tenant_id_connector_pk" PRIMARY KEY("tenant_id","connector")
);
--> statement-breakpoint
ALTER TABLE "event_apps" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "connection_accounts_by_account" ON "connection_accounts" USING btree ("connector","account_id");--> statement-breakpoint
CREATE INDEX "event_app_routes_by_tenant" ON "event_app_routes" USING btree ("tenant_id","connector");--> statement-breakpoint
CREATE POLICY "tenant_only" ON "event_apps" AS PERMISSIVE FOR ALL TO public USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));--> statement-breakpoint
-- Connections from before. Their policy binds the tables' owner too, so it is lifted for one statement.
ALTER TABLE "connections" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
INSERT INTO "connection_accounts" ("connection_id", "tenant_id", "workspace_id", "connector", "account_id")
SELECT "id", "tenant_id", "workspace_id", "connector", "account_id" FROM "connections" WHERE "account_id" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" FORCE ROW LEVEL SECURITY;
