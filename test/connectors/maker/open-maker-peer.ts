import type { Server } from "bun";
import qs from "qs";
import { isJsonObject, type JsonObject } from "../../../src/domain/json.ts";
import type { TestCertificate } from "../../../src/platform/egress/testing/make-certificate.ts";
import { type AddedPaths, type DescriptionSource, hasDescription, readDescription } from "./description.ts";
import { createJudge, type Judge } from "./judge.ts";

/** One request that reached the peer. */
export interface MakerCall {
  /** The maker's `operationId`; null when there is no such operation, or no description to judge by. */
  readonly operation: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON or form; text otherwise; undefined without a body. */
  readonly body: unknown;
  readonly problems: readonly string[];
}

/**
 * JSON with the described status, or a whole response; undefined leaves it to the next in line. `example` is what the
 * maker's description answers, null without one.
 */
export type Answer = (call: MakerCall, example: JsonObject | null) => unknown;

export interface MakerPeer {
  /** Whether requests are judged; without the maker's description only scripted answers are given. */
  readonly judges: boolean;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Where to send what is meant for an origin. */
  readonly routes: Readonly<Record<string, string>>;
  /** Since the last `reset`, in order. */
  readonly calls: readonly MakerCall[];
  /** Answers an operation (or `*`, any) instead of the maker's own example, until `reset`. */
  answer(operation: string, answer: Answer): void;
  reset(): void;
  stop(): Promise<void>;
}

export interface MakerPeerOptions {
  readonly description: DescriptionSource;
  /** `https://api.github.com`: origins that the connector calls, all served by this peer. */
  readonly origins: readonly string[];
  /** What the maker documents in prose only, by the path below the description's server. */
  readonly added?: AddedPaths;
}

/**
 * A server that stands in for a maker: it judges every request by the maker's own description and answers 422 with the
 * reasons when the maker would refuse it, else with the maker's own example. It keeps no state: what a test reads back
 * is scripted. With a certificate it speaks TLS.
 */
export async function openMakerPeer(
  { description, origins, added = {} }: MakerPeerOptions,
  certificate?: TestCertificate,
): Promise<MakerPeer> {
  const judge = hasDescription(description) ? await createJudge(await readDescription(description), added) : null;
  const answers = new Map<string, Answer>();
  let calls: MakerCall[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    ...(certificate && { tls: certificate }),
    fetch: async (request) => {
      const { call, sample } = await readCall(request, judge);
      calls.push(call);
      if (call.problems.length > 0) return refuse(call.problems);
      const example = isJsonObject(sample?.body) ? sample.body : null;
      const scripted =
        (await answers.get(call.operation ?? "")?.(call, example)) ?? (await answers.get("*")?.(call, example));
      if (scripted instanceof Response) return scripted;
      if (sample === null) return Response.json(scripted ?? {});
      const body = scripted ?? sample.body;
      return body === undefined || sample.status === 204
        ? new Response(null, { status: sample.status })
        : Response.json(body, { status: sample.status });
    },
  });
  const url = `${certificate ? "https" : "http"}://127.0.0.1:${server.port}`;
  return {
    judges: judge !== null,
    port: server.port!,
    routes: Object.fromEntries(origins.map((origin) => [origin, url])),
    get calls() {
      return calls;
    },
    answer: (operation, answer) => void answers.set(operation, answer),
    reset() {
      calls = [];
      answers.clear();
    },
    stop: () => stop(server),
  };
}

async function readCall(request: Request, judge: Judge | null) {
  const url = new URL(request.url);
  const type = request.headers.get("content-type") ?? "";
  const raw = await request.text();
  const isForm = type.startsWith("application/x-www-form-urlencoded");
  const arrived = {
    method: request.method,
    path: judge === null ? url.pathname : belowServer(url.pathname, judge.server),
    query: qs.parse(url.search.slice(1)) as Record<string, string | string[]>,
    headers: Object.fromEntries(request.headers.entries()),
    body: readBody(raw, type, isForm),
    isForm,
  };
  const verdict = judge?.judge(arrived) ?? { operation: null, problems: [] };
  const call: MakerCall = { ...arrived, ...verdict };
  return { call, sample: verdict.operation === null ? null : judge!.sampleAnswer(verdict.operation) };
}

function belowServer(path: string, server: string): string {
  const base = URL.parse(server)?.pathname.replace(/\/$/, "") ?? "";
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}

function readBody(raw: string, type: string, isForm: boolean): unknown {
  if (raw === "") return undefined;
  if (isForm) return qs.parse(raw, { depth: 20, arrayLimit: 1000 });
  if (!type.includes("json")) return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

function refuse(problems: readonly string[]): Response {
  return Response.json({ message: `not as described: ${problems.join("; ")}` }, { status: 422 });
}

async function stop(server: Server<undefined>): Promise<void> {
  await server.stop(true);
}
