/** How much of a thrown message is reported. */
const MAX_TEXT_LENGTH = 2_000;

/**
 * Runs inside QuickJS before the user's code and takes hold of the built-ins first, so that code that replaces them
 * (`JSON.stringify = …`) cannot change how its result is read. Nothing of it is reachable from the user's code.
 *
 * `invoke(main, inputText)` resolves to the result as JSON text, or to undefined. Where `JSON.stringify` would drop
 * or empty a value without a word (a function, NaN, a Map, a promise not awaited), it throws and names the field.
 * `describe(thrown, key)` gives `thrown[key]`, or the thrown value itself, when that is a text; else "".
 */
export const GUEST_PROGRAM = `(() => {
  const { parse, stringify } = JSON;
  const { apply } = Reflect;
  const { slice } = String.prototype;
  const { isFinite } = Number;
  const text = String;
  const Failure = Error;
  const unfit = [
    [Promise, "a promise: await it"],
    [Map, "a Map: use Object.fromEntries(map)"],
    [Set, "a Set: use [...set]"],
  ];

  function fault(value) {
    switch (typeof value) {
      case "function": return "a function";
      case "symbol": return "a symbol";
      case "bigint": return "a BigInt: use Number(value) or String(value)";
      case "number": return isFinite(value) ? undefined : text(value);
      case "object":
        for (let i = 0; i < unfit.length; i++) if (value instanceof unfit[i][0]) return unfit[i][1];
    }
    return undefined;
  }

  function refuse(key, value) {
    const found = fault(value);
    if (found === undefined) return value;
    const what = key === "" ? "The code returned " : "The result's field " + stringify(key) + " is ";
    throw new Failure(what + found + ". Only JSON can be returned.");
  }

  return {
    async invoke(main, inputText) {
      const result = await main({ input: parse(inputText) });
      try {
        return stringify(result, refuse);
      } catch (error) {
        if (error.message !== "circular reference") throw error;
        throw new Failure("The result contains itself (circular reference). Only JSON can be returned.");
      }
    },
    describe(thrown, key) {
      try {
        const value = key === undefined ? thrown : thrown[key];
        return typeof value === "object" || typeof value === "function" || value === undefined
          ? ""
          : apply(slice, text(value), [0, ${MAX_TEXT_LENGTH}]);
      } catch {
        return "";
      }
    },
  };
})()`;
