import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineCommand } from "../command.ts";

export const bench = defineCommand({
  details: "Drives the compiled server over loopback and prints its figures beside the machine's own ceiling.",
  arguments: {},
  options: {},
  async run(_input, context) {
    const script = context.sourceFolder === null ? null : join(context.sourceFolder, "test/bench/bench.ts");
    if (script === null || !existsSync(script)) {
      await context.tell("The benchmark needs the source folder. In it, run: npx -y bun@1.4.5 run bench");
      return 1;
    }
    const child = Bun.spawn([process.execPath, script], { stdio: ["inherit", "inherit", "inherit"] });
    return (await child.exited) === 0 ? 0 : 1;
  },
});
