import { defineCommand, JSON_OPTION } from "../command.ts";
import { withServices } from "../with-services.ts";

export const keyStatus = defineCommand({
  details:
    "Names keys by the first 8 digits of their SHA-256, which tells them apart and tells nothing about them. A change of\n" +
    "the key is finished when one key wraps all data keys.",
  arguments: {},
  options: { json: JSON_OPTION },
  async run(input, context) {
    const status = await withServices(context, ({ keys }) => keys.status());
    if (input.options.json) {
      await context.print(JSON.stringify(status, null, 2));
      return 0;
    }
    const { current, known, isRotating, wrappedBy, secrets } = status;
    await context.print(`current key       ${current}`);
    await context.print(`known here        ${known.join(", ")}`);
    for (const [id, count] of Object.entries(wrappedBy)) await context.print(`wraps data keys   ${id}: ${count}`);
    await context.print(
      `secrets           ${secrets.newest} with the newest data key, ${secrets.earlier} with an earlier one`,
    );
    await context.print(
      isRotating ? "A change of the key is not finished: run key rotate again." : "No change of the key is under way.",
    );
    return 0;
  },
});
