import { defineCommand } from "../command.ts";
import { withServices } from "../with-services.ts";

export const migrate = defineCommand({
  details:
    "The server does this by itself when it starts. Run it alone to see an upgrade fail before the service is stopped\n" +
    "for it. It refuses while a server of an earlier version is running.",
  arguments: {},
  options: {},
  async run(_input, context) {
    await withServices(context, (services) => services.backend.check());
    await context.tell("The database is up to date.");
    return 0;
  },
});
