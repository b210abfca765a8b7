-- drizzle-kit writes ENABLE only, which leaves the tables' owner unbound.
ALTER TABLE "api_keys" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_heads" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_log" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "connections" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "data_keys" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "dedupe_keys" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "hook_secrets" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "run_alerts" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "run_counts" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "run_signals" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "runs" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "schedules" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "steps" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "variables" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "workflow_versions" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "workflows" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "workspaces" FORCE ROW LEVEL SECURITY;
