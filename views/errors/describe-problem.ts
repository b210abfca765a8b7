/** A failure, as far as people are told about it. */
export interface ShownProblem {
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly requestId?: string;
}

/** What happened and what to do next, for somebody who knows nothing of statuses. */
export function describeProblem({ status, detail, errors, requestId }: ShownProblem): { title: string; text: string } {
  const listed = errors?.filter(({ path }) => path !== "").map(({ path, message }) => `${path} ${message}.`) ?? [];
  const text = [detail ?? FALLBACK[status] ?? "Go back and try again.", ...listed].join(" ");
  const reference = requestId ? ` The server's log calls this ${requestId}.` : "";
  return { title: TITLES[status] ?? "This did not work.", text: text + reference };
}

const TITLES: Readonly<Record<number, string>> = {
  403: "You may not do this.",
  404: "There is nothing here.",
  405: "This cannot be opened like that.",
  409: "This is not possible right now.",
  413: "That is too much at once.",
  422: "Some of it is not right yet.",
  429: "That was too often.",
  500: "Something broke on our side.",
  503: "The server cannot do this at the moment.",
};

const FALLBACK: Readonly<Record<number, string>> = {
  500: "Nothing you did is wrong. Try again; if it stays like this, tell your administrator.",
};
