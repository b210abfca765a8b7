/** Tables with a `tenant_id` and no policy: what is looked up before a tenant is known. A test holds this list. */
export const ROUTING_TABLES = [
  "alert_queue",
  "api_key_routes",
  "hook_routes",
  "poll_queue",
  "run_queue",
  "schedule_queue",
  "subscription_queue",
  "workflow_caps",
] as const;
