import type { SettingStore } from "../../domain/setting-store.ts";
import type { Storage } from "./storage.ts";

export function createSettingStore({ database }: Storage): SettingStore {
  return {
    async get(key) {
      const [row] = await database.query<{ value: string }>("SELECT value FROM settings WHERE key = $1", [key]);
      return row?.value ?? null;
    },
    async set(key, value) {
      await database.query(
        "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
      );
    },
  };
}
