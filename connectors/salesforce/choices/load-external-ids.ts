import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { fieldOptions } from "./field-options.ts";

export const loadExternalIds: LoadChoices = (context) => fieldOptions(context, ({ isExternalId }) => isExternalId);
