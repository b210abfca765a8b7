import { expect, test } from "bun:test";
import type { ConnectorDefinition } from "./connector.ts";
import { resolveHosts } from "./resolve-hosts.ts";

const credential = { scheme: "s", fields: {} };
const hostsOf = (hosts: ConnectorDefinition["hosts"]) => resolveHosts({ hosts }, credential, ["own.example"]);

test("a connector's list counts, the connection's own where the connector leaves it to it", () => {
  expect(hostsOf(["api.acme.example"])).toEqual(["api.acme.example"]);
  expect(hostsOf("from_connection")).toEqual(["own.example"]);
});

test("a credential can narrow the list and never leave it", () => {
  const of = (...hosts: string[]) => hostsOf({ within: ["*.acme.example", "acme.example"], of: () => hosts });
  expect(of("eu.acme.example", "ACME.example", "eu.acme.example:8443")).toEqual([
    "eu.acme.example",
    "ACME.example",
    "eu.acme.example:8443",
  ]);
  expect(of("evil.example", "acme.example.evil.example", "evilacme.example", "*.acme.example", "*")).toEqual([]);
  expect(of("")).toEqual([]);
});
