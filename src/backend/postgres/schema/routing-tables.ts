/** Tables with a `tenant_id` and no policy: what is looked up before a tenant is known. A test holds this list. */
export const ROUTING_TABLES = [
  "alert_queue",
  "api_key_routes",
  "connection_accounts",
  "connection_queue",
  "event_app_routes",
  "event_routes",
  "hook_routes",
  "link_routes",
  "mail_queue",
  "poll_queue",
  "run_queue",
  "schedule_queue",
  "session_routes",
  "subscription_queue",
  "user_routes",
  "workflow_caps",
] as const;
