import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { fieldOptions } from "./field-options.ts";

export const loadFieldNames: LoadChoices = (context) => fieldOptions(context, () => true);
