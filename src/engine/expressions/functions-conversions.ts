import type { Json } from "../../domain/json.ts";
import { decodeUtf8, parseJson } from "../../platform/parse-json.ts";
import type { Budget } from "./budget.ts";
import { ExpressionError } from "./expression-error.ts";
import { asString, defineFunction } from "./expression-function.ts";
import { textOf, toJsonText } from "./text-of.ts";
import { typeName } from "./type-name.ts";

export const CONVERSION_FUNCTIONS = [
  defineFunction("type(value)", ([value]) => typeName(value!)),
  defineFunction("string(value)", ([value], budget) => textOf(value!, budget)),
  defineFunction("number(value)", ([value]) => toNumber(value!, "number")),
  defineFunction("double(value)", ([value]) => toNumber(value!, "double")),
  defineFunction("int(value)", ([value]) => Math.trunc(toNumber(value!, "int"))),
  defineFunction("bool(value)", ([value]) => toBoolean(value!)),

  defineFunction("toJson(value)", ([value], budget) => toJsonText(value!, budget)),
  defineFunction("parseJson(text)", ([text], budget) => {
    const source = asString(text, "parseJson", "text");
    budget.spend(1 + source.length * PARSE_UNITS_PER_CHARACTER);
    const parsed = parseJson(source);
    if (!parsed.ok) throw new ExpressionError(`parseJson(): ${parsed.message}`);
    return parsed.value as Json;
  }),

  defineFunction("base64Encode(text)", ([text], budget) => {
    const source = asString(text, "base64Encode", "text");
    spendBase64(source, budget);
    return Buffer.from(source, "utf8").toString("base64");
  }),
  defineFunction("base64Decode(text)", ([text], budget) =>
    decodeBase64(asString(text, "base64Decode", "text"), budget),
  ),
];

/** 60 ns for each character of a text in which every object has other keys than the one before. */
const PARSE_UNITS_PER_CHARACTER = 2;
/** A buffer for each call, and up to 6 ns for a character outside ASCII. */
const BASE64_UNITS = 20;
const BASE64_CHARACTERS_PER_UNIT = 4;

const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_NUMBER_LENGTH = 400;

/** `Number()` would take "" for 0, "0x1f" for 31 and " " for 0. */
function toNumber(value: Json, functionName: string): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") throw new ExpressionError(`${functionName}(): a ${typeName(value)} is not a number`);
  const text = value.length <= MAX_NUMBER_LENGTH ? value.trim() : "";
  const number = NUMBER_TEXT.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number;
  const shown = value.length > MAX_SHOWN_LENGTH ? `${value.slice(0, MAX_SHOWN_LENGTH)}…` : value;
  throw new ExpressionError(`${functionName}(): ${JSON.stringify(shown)} is not a number`);
}
const MAX_SHOWN_LENGTH = 30;

/** The texts CEL takes, in any case. */
function toBoolean(value: Json): boolean {
  if (typeof value === "boolean") return value;
  const text = typeof value === "string" && value.length <= 5 ? value.toLowerCase() : "";
  if (text === "true" || text === "t" || text === "1") return true;
  if (text === "false" || text === "f" || text === "0") return false;
  throw new ExpressionError(`bool(): only "true" and "false" can be turned into a bool, not this ${typeName(value)}`);
}

function spendBase64(source: string, budget: Budget): void {
  budget.spendText(source.length);
  budget.spend(BASE64_UNITS + source.length / BASE64_CHARACTERS_PER_UNIT);
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** RFC 4648, both alphabets, with or without padding. What it holds must be UTF-8 text, as JSON has no bytes. */
function decodeBase64(source: string, budget: Budget): string {
  spendBase64(source, budget);
  const text = source.replaceAll(/[\r\n]/g, "");
  if (!BASE64.test(text)) throw new ExpressionError("base64Decode(): the text is not base64");
  const decoded = decodeUtf8(Buffer.from(text, "base64"));
  if (decoded === null) throw new ExpressionError("base64Decode(): what it holds is not UTF-8 text");
  return decoded;
}
