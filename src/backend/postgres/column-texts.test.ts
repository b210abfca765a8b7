import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../test/postgres/test-postgres.ts";
import { fromColumnTexts, toColumnTexts } from "./column-texts.ts";
import { decodeText, encodeLine } from "./text-columns.ts";

let database: TestDatabase;
let sql: Bun.SQL;
beforeAll(async () => {
  database = await createDatabase(true);
  sql = new Bun.SQL(database.url, { max: 1 });
}, 60_000);
afterAll(async () => {
  await sql.close();
  await database.drop();
});

const ODD = '\0 \t \n \r \ud800 \\u000a {"a,b"} \' NULL\n🚀';

test("rows arrive as they were, whatever text is in them", async () => {
  const rows = [
    { name: "", at: 1_700_000_000_000, note: null },
    { name: ODD, at: null, note: ODD },
    { name: "NULL", at: 0, note: "" },
    { name: "last", at: 3, note: null },
  ];
  for (const sent of [rows, rows.slice(0, 1), rows.slice(2, 3)]) {
    const encoded = sent.map((row) => ({ ...row, name: encodeLine(row.name), note: row.note && encodeLine(row.note) }));
    const texts = toColumnTexts(encoded, ["name", "at", "note"]);
    const found = await sql.unsafe<{ name: string; at: string | null; note: string | null }[]>(
      `SELECT * FROM ${fromColumnTexts(["text", "bigint", "text"])} AS given (name, at, note)`,
      texts,
    );
    const decoded = found.map(({ name, at, note }) => ({
      name: decodeText(name),
      at: at === null ? null : Number(at),
      note: note === null ? null : decodeText(note),
    }));
    expect(decoded).toEqual(sent);
  }
});
