import type { ConnectorRegistry } from "../../src/connector-sdk/connector.ts";
import { EFFECTS } from "../../src/domain/workflow.ts";
import type { FakeProvider } from "./fake-provider.ts";

/** One action for each effect, all of them answered by the fake provider, and a trigger that nothing fires. */
export function simConnectors(provider: FakeProvider): ConnectorRegistry {
  const actions = EFFECTS.map((effect) => [
    effect,
    async () => ({
      title: effect,
      description: "",
      input: { value: { kind: "json", title: "Value" } },
      effect,
      outputSample: null,
      run: async (context: Parameters<FakeProvider["call"]>[1]) => provider.call(effect, context),
    }),
  ]);
  const triggers = {
    run: async () => ({ kind: "manual", title: "Run", description: "", input: {}, bodySample: null }),
  };
  const sim = { title: "Sim", description: "", auth: {}, hosts: [], actions: Object.fromEntries(actions), triggers };
  return { sim: async () => sim } as unknown as ConnectorRegistry;
}
