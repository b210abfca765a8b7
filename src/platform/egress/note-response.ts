import { AsyncLocalStorage } from "node:async_hooks";

/** The headers of the last answer that guarded `fetch` gave within a piece of work; null before there is one. */
export interface ResponseNote {
  headers: Readonly<Record<string, string>> | null;
}

const notes = new AsyncLocalStorage<ResponseNote>();

/** For libraries that keep only the status of an answer: when to come back stands in its headers. */
export function withResponseNote<T>(note: ResponseNote, work: () => Promise<T>): Promise<T> {
  return notes.run(note, work);
}

export function noteResponse(headers: Readonly<Record<string, string>>): void {
  const note = notes.getStore();
  if (note) note.headers = headers;
}
