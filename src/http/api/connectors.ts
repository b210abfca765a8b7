import { z } from "zod";
import type { ConnectorDetails, ConnectorSummary } from "../../connections/connector-catalog.ts";
import { EFFECTS } from "../../domain/workflow.ts";
import { pageOf, pageQuery, showPage, toPageRequest } from "./page.ts";
import { answer, defineRoute } from "./route.ts";
import { anyJson } from "./values.ts";

const jsonSchema = z.record(z.string(), anyJson).meta({ description: "A JSON Schema (2020-12)." });

const described = {
  name: z.string(),
  title: z.string(),
  description: z.string(),
  icon: z.string().meta({ description: "SVG markup." }),
  hosts: z
    .union([z.array(z.string()), z.literal("from_connection")])
    .meta({ description: "Where credentials are sent; `from_connection` when each connection says so itself." }),
};

const connectorSummary = z
  .object({
    ...described,
    schemes: z.array(z.string()),
    actions: z.array(z.string()),
    triggers: z.array(z.string()),
  })
  .meta({ id: "ConnectorSummary" });

const connector = z
  .object({
    ...described,
    schemes: z.array(z.object({ name: z.string(), title: z.string(), credential: jsonSchema })),
    actions: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        description: z.string(),
        effect: z.enum([...EFFECTS, "depends_on_input"]),
        input: jsonSchema,
        outputSample: anyJson,
      }),
    ),
    triggers: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        description: z.string(),
        kind: z.enum(["webhook", "schedule", "manual", "poll", "subscription", "app_event"]),
        input: jsonSchema,
        bodySample: anyJson,
      }),
    ),
  })
  .meta({ id: "Connector" });

export const connectorRoutes = [
  defineRoute({
    method: "GET",
    path: "/connectors",
    operation: "listConnectors",
    summary: "List the connectors",
    needs: "read",
    query: pageQuery,
    responses: { 200: { description: "The connectors by name.", schema: pageOf(connectorSummary) } },
    errors: [],
    async handle({ query }, { connectors }) {
      return answer(200, showPage(await connectors.list(toPageRequest(query)), showSummary));
    },
  }),

  defineRoute({
    method: "GET",
    path: "/connectors/:name",
    operation: "getConnector",
    summary: "Get a connector with its actions, triggers and authentication schemes",
    needs: "read",
    responses: { 200: { description: "The connector.", schema: connector } },
    errors: ["not_found"],
    async handle({ params }, { connectors }) {
      return answer(200, showDetails(await connectors.find(params.name)));
    },
  }),
];

function showSummary(item: ConnectorSummary): z.input<typeof connectorSummary> {
  const { schemes, actions, triggers } = item;
  return {
    ...item,
    hosts: showHosts(item.hosts),
    schemes: [...schemes],
    actions: [...actions],
    triggers: [...triggers],
  };
}

function showDetails(item: ConnectorDetails): z.input<typeof connector> {
  return {
    ...item,
    hosts: showHosts(item.hosts),
    schemes: item.schemes.map((scheme) => ({ ...scheme, credential: { ...scheme.credential } })),
    actions: item.actions.map((action) => ({ ...action, input: { ...action.input } })),
    triggers: item.triggers.map((trigger) => ({ ...trigger, input: { ...trigger.input } })),
  };
}

function showHosts(hosts: ConnectorSummary["hosts"]): string[] | "from_connection" {
  return hosts === "from_connection" ? hosts : [...hosts];
}
