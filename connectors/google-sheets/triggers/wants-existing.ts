/** `defineTrigger` gives every poll the field; only the first poll asks for it. */
export function wantsExisting(input: object): boolean {
  return "startWith" in input && input.startWith === "existing";
}
