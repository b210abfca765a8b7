import { eq, sql } from "drizzle-orm";
import type { SettingStore } from "../../domain/setting-store.ts";
import { settings } from "./schema/settings.ts";
import type { Storage } from "./storage.ts";

export function createSettingStore({ orm, commits }: Storage): SettingStore {
  const byKey = orm
    .select({ value: settings.value })
    .from(settings)
    .where(eq(settings.key, sql.placeholder("key")))
    .prepare();

  return {
    async get(key) {
      return byKey.get({ key })?.value ?? null;
    },
    async set(key, value) {
      await commits.submit(() => {
        orm.insert(settings).values({ key, value }).onConflictDoUpdate({ target: settings.key, set: { value } }).run();
      });
    },
  };
}
