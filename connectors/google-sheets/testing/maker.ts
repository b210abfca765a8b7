import type { MakerPeerOptions } from "../../../test/connectors/maker/open-maker-peer.ts";

/** Of Drive, whose description is another one: https://developers.google.com/workspace/drive/api/reference/rest/v3 */
function driveRead(operationId: string, parameters: readonly string[], example: object) {
  return {
    get: {
      operationId,
      parameters: parameters.map((name) => ({ name, in: "query", schema: { type: "string" as const } })),
      responses: { "200": { description: "OK", content: { "application/json": { example } } } },
    },
  };
}

const listParameters = [
  ...["q", "orderBy", "pageSize", "pageToken", "fields"],
  ...["supportsAllDrives", "includeItemsFromAllDrives"],
];
const user = { permissionId: "0123", emailAddress: "ada@example.com", displayName: "Ada" };

export const maker: MakerPeerOptions = {
  description: "google-sheets",
  origins: ["https://sheets.googleapis.com", "https://www.googleapis.com"],
  added: {
    "/drive/v3/files": driveRead("drive.files.list", listParameters, { files: [{ id: "sheet-1", name: "Orders" }] }),
    "/drive/v3/about": driveRead("drive.about.get", ["fields"], { user }),
  },
};
