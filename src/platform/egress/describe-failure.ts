import { EgressError } from "./egress-error.ts";

/** How far a request had come when it failed. `queued` also covers the name lookup. */
export type ExchangeStage = "queued" | "connecting" | "handshaking" | "sent";

/**
 * Turns what a socket, the TLS layer or the HTTP parser reported into an EgressError. What kind of failure it is
 * follows from the stage rather than from the error's code: codes differ between runtimes, and before the
 * connection stands nothing can have reached the target.
 */
export function describeFailure(error: unknown, stage: ExchangeStage, host: string): EgressError {
  if (error instanceof EgressError) return error;
  const code = codeOf(error);
  const because = code === "" ? "" : ` (${code})`;
  const options = { cause: error };

  if (stage === "queued" || stage === "connecting") {
    if (code === "ETIMEDOUT") return new EgressError("timeout", `${host} did not accept a connection in time`, options);
    return new EgressError(
      "refused",
      `${host} cannot be connected to${because}; check the host, port and firewall`,
      options,
    );
  }
  if (stage === "handshaking") {
    return new EgressError(
      "tls",
      `A secure connection to ${host} failed: ${reasonOf(error)}. If its certificate comes from your company's own ` +
        "authority, an administrator can trust it with EXTRA_CA_CERTS",
      options,
    );
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new EgressError("too_large", `The response headers of ${host} are larger than this server accepts`, options);
  }
  if (code.startsWith("HPE_")) {
    return new EgressError("reset", `${host} did not answer with valid HTTP${because}`, options);
  }
  return new EgressError("reset", `${host} closed the connection before the response was complete${because}`, options);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message.replace(/\.$/, "") : "no reason given";
}
