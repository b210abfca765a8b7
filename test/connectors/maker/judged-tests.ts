import { afterAll, test } from "bun:test";
import { type DescriptionSource, hasDescription, whereToPut } from "./description.ts";

/** `test` for what needs the maker's description. Without it they are skipped, and a line says how many. */
export function judgedTests(description: DescriptionSource): (title: string, body: () => Promise<void>) => void {
  const isThere = hasDescription(description);
  const name = String(description);
  let skipped = 0;
  if (!isThere) afterAll(() => void process.stderr.write(`${name}: ${skipped} tests skipped, ${whereToPut(name)}\n`));
  return (title, body) => {
    if (!isThere) skipped += 1;
    test.skipIf(!isThere)(title, body);
  };
}
