import type { RE2JS } from "re2js";
import { type Meter, UNMETERED } from "./meter.ts";

const MAX_PATTERN_LENGTH = 500;
/** Instructions of the compiled program; `\pL{900}` is short to write and takes 900. */
const MAX_PATTERN_SIZE = 1_000;
const MAX_CACHED_PATTERNS = 256;
/** The library allows each pattern 8 MiB of states: two gigabytes over a full cache. */
const MAX_STATE_BYTES = 262_144;

/** Why RE2 cannot use this pattern, or null when it can. */
export function checkPattern(source: string, meter: Meter = UNMETERED): string | null {
  const pattern = loadPattern(source, meter);
  return pattern instanceof Pattern ? null : pattern;
}

/**
 * Whether the pattern is found anywhere in the text (anchor it with `^` and `$` for the whole), or null when it is not a
 * pattern RE2 takes. RE2 has no look-around and no back references and so needs time linear in the text's length.
 */
export function matchesPattern(text: string, source: string, meter: Meter): boolean | null {
  const pattern = loadPattern(source, meter);
  return pattern instanceof Pattern ? pattern.test(text, meter) : null;
}

/** A quarter of what an expression may spend, so that a pattern which was saved can be compiled again when it runs. */
const MAX_COMPILE_UNITS = 250_000;

/** Measured: Unicode classes (`\pL`) and repetitions (`{30}`) take up to 0.2 ms each, other characters up to 5 µs. */
function compileUnits(source: string): number {
  const expensive = source.match(/\\[pP]|\{/g)?.length ?? 0;
  return 5_000 + source.length * 300 + expensive * 10_000;
}

class Pattern {
  readonly #compiled: RE2JS;
  readonly #size: number;
  #meter: Meter = UNMETERED;

  constructor(compiled: RE2JS) {
    this.#compiled = compiled;
    this.#size = compiled.programSize();
    const engine = compiled.re2();
    const states = engine.dfa;
    states.maxMem = MAX_STATE_BYTES;
    states.stateBudget = MAX_STATE_BYTES;
    states.memBudget = MAX_STATE_BYTES;
    // RE2 builds an automaton as it reads and, where that grows too large, starts again with a simulation which looks at
    // every instruction for every character. That is still linear but a hundred times slower, so it is paid for then.
    const simulate = engine.doExecuteNFA.bind(engine);
    engine.doExecuteNFA = (input, ...rest) => {
      this.#meter.spend(input.endPos() * this.#size);
      return simulate(input, ...rest);
    };
  }

  test(text: string, meter: Meter): boolean {
    // The automaton looks one state up for each character and makes at most one new state for every ten.
    meter.spend(MATCH_UNITS + text.length * (1 + this.#size / 10));
    this.#meter = meter;
    try {
      return this.#compiled.test(text);
    } finally {
      this.#meter = UNMETERED;
    }
  }
}

/** Finding the pattern and starting it. */
const MATCH_UNITS = 10;

/** Least recently used first. Refusals are kept too: a bad pattern in a loop must not be compiled for every item. */
const patterns = new Map<string, Pattern | string>();
let newestPattern: string | undefined;

function loadPattern(source: string, meter: Meter): Pattern | string {
  const cached = patterns.get(source);
  // Moving the newest again would do nothing but cost a loop over ten thousand items twice its time.
  if (cached !== undefined && source === newestPattern) return cached;
  if (cached === undefined) meter.spend(compileUnits(source));
  const pattern = cached ?? compilePattern(source);
  patterns.delete(source);
  patterns.set(source, pattern);
  newestPattern = source;
  if (patterns.size > MAX_CACHED_PATTERNS) patterns.delete(patterns.keys().next().value!);
  return pattern;
}

function compilePattern(source: string): Pattern | string {
  if (source.length > MAX_PATTERN_LENGTH) {
    return `the pattern has ${source.length} characters; at most ${MAX_PATTERN_LENGTH} are allowed`;
  }
  if (compileUnits(source) > MAX_COMPILE_UNITS) return "the pattern has too many \\p{classes} and {repetitions}";
  // Loaded when the first pattern is: importing it takes 5 ms, which every start of the server would pay.
  const { RE2JS } = require("re2js") as typeof import("re2js");
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    return `not a valid pattern (RE2 syntax): ${error instanceof Error ? error.message : String(error)}`;
  }
  if (compiled.programSize() > MAX_PATTERN_SIZE) return "the pattern is too large; use fewer or smaller {repetitions}";
  return new Pattern(compiled);
}
