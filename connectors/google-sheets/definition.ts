import { defineConnector } from "../../src/connector-sdk/connector.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";
import { readAccount } from "../../src/connector-sdk/read-account.ts";
import { authSchemes } from "./auth-schemes.ts";
import icon from "./icon.svg" with { type: "text" };
import { rateLimits } from "./rate-limits.ts";
import { classify } from "./read-failure.ts";

export default defineConnector({
  title: "Google Sheets",
  description: "Rows of spreadsheets: add, change, find, and start when there is a new one.",
  icon,
  auth: authSchemes,
  hosts: ["sheets.googleapis.com", "www.googleapis.com"],
  baseUrl: "https://sheets.googleapis.com/v4",
  classify,
  rateLimits,
  rateLimitMethod: ({ method }) => (method === "GET" ? "read" : "write"),

  async testConnection({ api }) {
    const { body } = await api({
      path: "https://www.googleapis.com/drive/v3/about",
      query: { fields: "user(permissionId,emailAddress,displayName)" },
    });
    const { permissionId, emailAddress, displayName } = ((body as JsonObject).user ?? {}) as JsonObject;
    return readAccount(permissionId, emailAddress ?? displayName);
  },

  actions: {
    add_sheet: async () => (await import("./actions/add-sheet.ts")).default,
    append_row: async () => (await import("./actions/append-row.ts")).default,
    append_rows: async () => (await import("./actions/append-rows.ts")).default,
    clear_values: async () => (await import("./actions/clear-values.ts")).default,
    create_spreadsheet: async () => (await import("./actions/create-spreadsheet.ts")).default,
    delete_rows: async () => (await import("./actions/delete-rows.ts")).default,
    find_rows: async () => (await import("./actions/find-rows.ts")).default,
    get_row: async () => (await import("./actions/get-row.ts")).default,
    get_values: async () => (await import("./actions/get-values.ts")).default,
    list_rows: async () => (await import("./actions/list-rows.ts")).default,
    list_sheets: async () => (await import("./actions/list-sheets.ts")).default,
    update_row: async () => (await import("./actions/update-row.ts")).default,
    update_values: async () => (await import("./actions/update-values.ts")).default,
    upsert_row: async () => (await import("./actions/upsert-row.ts")).default,
  },
  triggers: {
    changed_row: async () => (await import("./triggers/changed-row.ts")).default,
    new_row: async () => (await import("./triggers/new-row.ts")).default,
  },
});
