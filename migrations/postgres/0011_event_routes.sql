CREATE TABLE "event_routes" (
	"workflow_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"workspace_id" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"connector" text COLLATE "C" NOT NULL,
	"connection_id" text COLLATE "C" NOT NULL,
	"account_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE INDEX "event_routes_by_account" ON "event_routes" USING btree ("connector","account_id");--> statement-breakpoint
CREATE INDEX "event_routes_by_connection" ON "event_routes" USING btree ("connection_id");