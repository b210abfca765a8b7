import type { MakerPeerOptions } from "../../../test/connectors/maker/open-maker-peer.ts";

const pathParameters = ["version", "locator"].map((name) => ({
  name,
  in: "path",
  required: true,
  schema: { type: "string" as const },
}));

export const INSTANCE = "https://acme.my.salesforce.com";

/** The next page of a query, which the description has not: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_query.htm */
export const maker: MakerPeerOptions = {
  description: "salesforce",
  origins: [INSTANCE],
  added: {
    "/services/data/v{version}/query/{locator}": {
      get: {
        operationId: "Query_More",
        parameters: pathParameters,
        responses: {
          "200": { description: "OK", content: { "application/json": { example: { done: true, records: [] } } } },
        },
      },
    },
  },
};

export const credential = { scheme: "oauth", fields: { accessToken: "00D!x", instanceUrl: INSTANCE } };
