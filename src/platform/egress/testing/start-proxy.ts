import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { connect, type Socket } from "node:net";
import { type LoopbackServer, listen } from "./loopback-server.ts";
import type { TestCertificate } from "./make-certificate.ts";

export interface TestProxy extends LoopbackServer {
  /** Request lines and Proxy-Authorization headers, in order of arrival. */
  readonly seen: readonly { readonly line: string; readonly authorization: string | undefined }[];
}

/**
 * A small forward proxy: CONNECT tunnels and absolute-form requests. Every name leads to 127.0.0.1, as a company's
 * proxy knows names that this machine does not.
 */
export async function startProxy(
  options: {
    /** Speak TLS to the client. */
    readonly certificate?: TestCertificate;
    /** Answer every CONNECT with this status. */
    readonly turnAwayWith?: number;
    /** Wait so long before opening a tunnel, and tell when it is open. */
    readonly delayMs?: number;
    readonly onTunnel?: () => void;
    /** Where on 127.0.0.1 a tunnel to `host:port` ends; undefined turns it away. The port of the target by default. */
    readonly portOf?: (authority: string) => number | undefined;
  } = {},
): Promise<TestProxy> {
  const seen: { line: string; authorization: string | undefined }[] = [];
  const note = (request: IncomingMessage): void => {
    seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers["proxy-authorization"] });
  };
  const server = options.certificate === undefined ? http.createServer() : https.createServer(options.certificate);

  server.on("connect", async (request: IncomingMessage, client: Socket) => {
    note(request);
    await Bun.sleep(options.delayMs ?? 0);
    client.on("error", () => {});
    const authority = request.url ?? "";
    const port = options.portOf ? options.portOf(authority) : Number(authority.split(":").at(-1));
    const turnAwayWith = options.turnAwayWith ?? (port === undefined ? 403 : undefined);
    if (port === undefined || turnAwayWith !== undefined) {
      client.end(`HTTP/1.1 ${turnAwayWith} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
      options.onTunnel?.();
    });
    upstream.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    client.on("close", () => upstream.destroy());
  });

  server.on("request", (request: IncomingMessage, response: http.ServerResponse) => {
    note(request);
    const url = new URL(request.url ?? "");
    const { "proxy-authorization": _, ...headers } = request.headers;
    const upstream = http.request(
      { host: "127.0.0.1", port: url.port, method: request.method, path: url.pathname + url.search, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    upstream.on("error", () => response.writeHead(502).end());
    request.pipe(upstream);
  });

  return Object.assign(await listen(server, {}), { seen });
}
