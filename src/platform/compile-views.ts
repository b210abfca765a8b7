import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Bun compiles JSX by the tsconfig.json of the folder that it is started in, wherever the files lie: started elsewhere,
 * it would look for React. From then on, views are compiled by the settings of the source they belong to. Nothing is to
 * be done where both are the same folder, nor in the binary, which was compiled already.
 */
export function compileViewsBySource(sourceFolder: string): void {
  if (process.cwd() === sourceFolder) return;
  const tsconfig = readFileSync(join(sourceFolder, "tsconfig.json"), "utf8");
  const transpiler = new Bun.Transpiler({ loader: "tsx", target: "bun", tsconfig });
  Bun.plugin({
    name: "views",
    setup(build) {
      build.onLoad({ filter: /\.tsx$/ }, async ({ path }) => ({
        contents: transpiler.transformSync(await Bun.file(path).text()),
        loader: "js",
      }));
    },
  });
}
