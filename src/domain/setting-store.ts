/** Installation-wide values, such as the check value of the encryption key. */
export interface SettingStore {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
}
