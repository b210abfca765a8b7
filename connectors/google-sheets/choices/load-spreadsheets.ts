import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";

const SPREADSHEETS = "mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false";

/** Those opened last come first. https://developers.google.com/workspace/drive/api/guides/search-files */
export const loadSpreadsheets: LoadChoices = async ({ api, search, cursor }) => {
  const typed = search.trim().replaceAll("\\", "\\\\").replaceAll("'", "\\'");
  const { body } = await api({
    path: "https://www.googleapis.com/drive/v3/files",
    query: {
      q: typed === "" ? SPREADSHEETS : `${SPREADSHEETS} and name contains '${typed}'`,
      orderBy: "viewedByMeTime desc",
      pageSize: 100,
      pageToken: cursor,
      fields: "nextPageToken,files(id,name)",
      supportsAllDrives: true,
      includeItemsFromAllDrives: true,
    },
  });
  const { files, nextPageToken } = body as JsonObject;
  return {
    options: ((files ?? []) as JsonObject[]).map(({ id, name }) => ({ value: String(id), title: String(name) })),
    nextCursor: typeof nextPageToken === "string" ? nextPageToken : null,
  };
};
