import http, { type RequestListener } from "node:http";
import https from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { TestCertificate } from "./make-certificate.ts";

/** A real server on loopback, closed with all its connections by `await using`. */
export interface LoopbackServer extends AsyncDisposable {
  readonly port: number;
  /** How many connections were accepted so far. */
  connections(): number;
}

interface ListenOptions {
  readonly address?: string;
  readonly port?: number;
}

/** Speaks whatever `onConnection` writes; for behaviour that no HTTP library lets a server show. */
export function startRawServer(
  onConnection: (socket: Socket, number: number) => void,
  where: ListenOptions = {},
): Promise<LoopbackServer> {
  return listen(createServer(), where, onConnection);
}

export function startHttpServer(onRequest: RequestListener, where: ListenOptions = {}): Promise<LoopbackServer> {
  return listen(http.createServer(onRequest), where);
}

export function startHttpsServer(certificate: TestCertificate, onRequest: RequestListener): Promise<LoopbackServer> {
  return listen(https.createServer(certificate, onRequest), {});
}

export async function listen(
  server: Server,
  { address = "127.0.0.1", port = 0 }: ListenOptions,
  onConnection?: (socket: Socket, number: number) => void,
): Promise<LoopbackServer> {
  const open = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    onConnection?.(socket, accepted);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => accepted,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A port on which nothing listens. */
export async function findClosedPort(): Promise<number> {
  await using server = await startRawServer(() => {});
  return server.port;
}
