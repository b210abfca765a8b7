import { defineCommand, JSON_OPTION } from "../command.ts";
import { formatTable } from "../format-table.ts";

export const connectorList = defineCommand({
  arguments: {},
  options: { json: JSON_OPTION },
  async run(input, context) {
    const registry = await context.loadConnectors();
    const connectors = await Promise.all(
      Object.entries(registry).map(async ([name, load]) => {
        const { title, description, triggers, actions, auth } = await load();
        return {
          name,
          title,
          description,
          triggers: Object.keys(triggers),
          actions: Object.keys(actions),
          auth: Object.keys(auth),
        };
      }),
    );
    if (input.options.json) {
      await context.print(JSON.stringify(connectors, null, 2));
    } else {
      const rows = connectors.map(({ name, title, triggers, actions }) => [
        name,
        triggers.join(", ") || "-",
        actions.join(", ") || "-",
        title,
      ]);
      await context.print(formatTable(["CONNECTOR", "TRIGGERS", "ACTIONS", "TITLE"], rows));
    }
    return 0;
  },
});
