import { isatty } from "node:tty";
import { styleText } from "node:util";
import pino, { type DestinationStream } from "pino";
import { redact } from "./redact.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** `error` holds what was thrown; ids stand beside it (`runId`, `tenantId`, `requestId`). */
export interface LogFields {
  readonly [name: string]: unknown;
}

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose every line also has these fields. */
  child(fields: LogFields): Log;
}

const STDERR = 2;

/**
 * Lines of JSON on standard error (`level`, `time`, `msg`, then the fields), or lines for people when that is a
 * terminal. A line below `level` costs a call and nothing more.
 */
export function createLog(level: LogLevel, destination: DestinationStream = standardError()): Log {
  const logger = pino(
    {
      level,
      // The host and the process id are known to whoever collects the lines.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
    },
    destination,
  );
  return wrap(logger);
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields) => wrap(logger.child(redact(fields))),
  };
}

/** Synchronous, so that the line about a crash is written before the process ends. */
function standardError(): DestinationStream {
  const stream = pino.destination({ dest: STDERR, sync: true });
  return isatty(STDERR) ? { write: (line) => stream.write(formatForPeople(line)) } : stream;
}

const COLOURS = { debug: "dim", info: "cyan", warn: "yellow", error: "red" } as const;

/** One JSON line as `12:30:05 warn  message key=value`, an error's stack below it. */
export function formatForPeople(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown> & {
    level: LogLevel;
    time: string;
  };
  const pairs: string[] = [];
  const stacks: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (isErrorText(value)) stacks.push(...describeStacks(name, value));
    else pairs.push(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  }
  const label = styleText(COLOURS[level], level.padEnd(5));
  return `${[`${time.slice(11, 19)} ${label} ${msg}`, ...pairs].join(" ")}\n${stacks.map((text) => `${text}\n`).join("")}`;
}

interface ErrorText {
  readonly stack: string;
  readonly cause?: unknown;
}

function isErrorText(value: unknown): value is ErrorText {
  return typeof value === "object" && value !== null && "stack" in value && typeof value.stack === "string";
}

function describeStacks(label: string, error: ErrorText): string[] {
  const own = `  ${label}: ${error.stack.replaceAll("\n", "\n  ")}`;
  return isErrorText(error.cause) ? [own, ...describeStacks("cause", error.cause)] : [own];
}
