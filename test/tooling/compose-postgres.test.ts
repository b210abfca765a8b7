import { expect, test } from "bun:test";
import { join } from "node:path";
import { settings } from "../../src/config.ts";

/** No Docker engine runs where the tests do: what the files say is held together here, and the proxy is run by itself. */
interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: {
    readonly default: { readonly ipam: { readonly config: readonly [{ readonly subnet: string }] } };
  };
  readonly volumes: Readonly<Record<string, unknown>>;
}

const DOCKER = join(import.meta.dir, "../../docker");
const read = (file: string) => Bun.file(join(DOCKER, file)).text();
const text = await read("compose.postgres.yaml");
const compose = Bun.YAML.parse(text) as Compose;
const replicas = Object.entries(compose.services).filter(([, { environment }]) => environment?.DATABASE_URL);

test("two replicas that differ in nothing start once Postgres is healthy, and the proxy once they are", () => {
  expect(replicas.map(([name]) => name)).toEqual(["replica-1", "replica-2"]);
  expect(replicas[1]![1]).toEqual(replicas[0]![1]);
  expect(replicas[0]![1].depends_on).toEqual({ postgres: { condition: "service_healthy" } });
  expect(Object.keys(compose.services.proxy!.depends_on ?? {})).toEqual(replicas.map(([name]) => name));
  for (const service of Object.values(compose.services)) expect(service.healthcheck.test[0]).toBe("CMD");
});

test("only the proxy is reached from outside, and only what it names is set and asked for", async () => {
  const open = Object.entries(compose.services).filter(([, { ports }]) => ports);
  expect(open.map(([name]) => name)).toEqual(["proxy"]);
  expect(open[0]![1].ports).toEqual([expect.stringMatching(/^\$\{LISTEN:-127\.0\.0\.1:3000\}:8080$/)]);
  const known = new Set(Object.values(settings).map(({ variable }) => variable));
  const { environment = {} } = replicas[0]![1];
  expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
  expect(environment.TRUSTED_PROXIES).toBe(compose.networks.default.ipam.config[0].subnet);
  // Secrets come from the file beside, and starting without one says so.
  const asked = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
  const example = await read("postgres.env.example");
  for (const name of new Set(asked)) expect(example).toMatch(new RegExp(`^${name}=$`, "m"));
  expect([...new Set(asked)].sort()).toEqual(["ENCRYPTION_KEY", "POSTGRES_PASSWORD"]);
  expect(await Bun.file(join(DOCKER, "../.gitignore")).text()).toContain("docker/postgres.env\n");
});

test("the proxy's file is there, names the replicas, and listens where the compose file says", async () => {
  expect(compose.services.proxy!.volumes).toEqual(["./nginx.conf:/etc/nginx/nginx.conf:ro"]);
  const nginx = await read("nginx.conf");
  const servers = [...nginx.matchAll(/^\s*server (\S+):3000 resolve /gm)].map(([, name]) => name);
  expect(servers).toEqual(replicas.map(([name]) => name));
  expect(nginx).toContain("listen 8080;");
  expect(Object.keys(compose.volumes)).toEqual(["postgres"]);
});

test("a replica is found under whatever address it has now, and one that is gone does not keep the proxy from starting", async () => {
  const nginx = await read("nginx.conf");
  // Without `resolve` nginx asks once, when it starts, and does not start when a name is unknown.
  expect(nginx).toMatch(/^ {2}resolver 127\.0\.0\.11 valid=1s ipv6=off;$/m);
  expect(nginx).toMatch(/upstream replicas \{\s+zone /);
  const [, major, minor] = /^nginx:(\d+)\.(\d+)-alpine$/.exec(compose.services.proxy!.image)!.map(Number);
  expect(major! * 1_000 + minor!).toBeGreaterThanOrEqual(1_028);
});

test("Postgres is not called healthy while its image still prepares the volume and listens on the socket alone", () => {
  expect(compose.services.postgres!.healthcheck.test).toContain("--host=127.0.0.1");
});

test("the containers' networks are two, can be others, and are not the one that Amazon gives its machines", async () => {
  const single = Bun.YAML.parse(await read("compose.yaml")) as Compose;
  const subnets = [single, compose].map(({ networks }) => networks.default.ipam.config[0].subnet);
  expect(new Set(subnets).size).toBe(2);
  for (const subnet of subnets) expect(subnet).toMatch(/^\$\{SUBNET:-172\.(1[6-9]|2\d|30)\.\d+\.0\/24\}$/);
});
