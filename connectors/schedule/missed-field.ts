/** Both triggers ask it in the same words. */
export const missedField = {
  kind: "select",
  title: "If the server was down",
  default: "run_once",
  options: [
    { value: "run_once", title: "Run once afterwards" },
    { value: "skip", title: "Leave out what was missed" },
  ],
} as const;
