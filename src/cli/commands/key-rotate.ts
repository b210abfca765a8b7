import { defineCommand } from "../command.ts";
import { withServices } from "../with-services.ts";

export const keyRotate = defineCommand({
  details:
    "Changes the key-encryption key, while servers run. With the key file in DATA_DIR, the new key is made and written\n" +
    'there. With ENCRYPTION_KEY, first give every server ENCRYPTION_KEY="<new>,<old>" and restart it, run this command\n' +
    "with the same value, and take the old key out when it has succeeded. Interrupted anywhere, everything stays readable\n" +
    "and running it again goes on. Backups from before still need the old key.",
  arguments: {},
  options: {
    "data-keys": {
      description:
        "Change each tenant's data key instead, and seal its credentials anew, after a leak of the database.",
    },
  },
  async run(input, context) {
    await withServices(context, async ({ keys }) => {
      if (input.options["data-keys"]) {
        const { tenants, secrets } = await keys.rotateDataKeys();
        return context.tell(
          `Changed the data keys of ${counted(tenants, "tenant")}; sealed ${counted(secrets, "secret")} anew.`,
        );
      }
      const { from, to, rewrapped } = await keys.rotateKeyEncryptionKey();
      const change = from === to ? `Finished the change to key ${to}` : `Changed the key from ${from} to ${to}`;
      await context.tell(`${change}; wrapped ${counted(rewrapped, "data key")} anew. Back the new key up now.`);
    });
    return 0;
  },
});

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
