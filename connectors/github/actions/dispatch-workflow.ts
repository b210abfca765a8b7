import { defineAction } from "../../../src/connector-sdk/action.ts";
import { readPairs } from "../../../src/connector-sdk/key-value.ts";
import { branch, repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";

export default defineAction({
  title: "Start a GitHub Actions workflow",
  description: "Starts a workflow that has a `workflow_dispatch` trigger.",
  input: {
    repository,
    workflow: {
      kind: "text",
      title: "Workflow",
      description: "Its file name or its id.",
      placeholder: "deploy.yml",
      required: true,
    },
    ref: { ...branch, title: "Branch or tag", required: true },
    inputs: { kind: "key_value", title: "Inputs", description: "As the workflow names them; at most 25." },
  },
  effect: "unsafe",
  outputSample: { started: true },

  async run({ api, input }) {
    const { ref, inputs } = input;
    const workflow = encodeURIComponent(input.workflow);
    const path = `${repositoryPath(input.repository)}/actions/workflows/${workflow}/dispatches`;
    await api({ method: "POST", path, json: { ref, inputs: inputs && Object.fromEntries(readPairs(inputs)) } });
    return { started: true };
  },
});
