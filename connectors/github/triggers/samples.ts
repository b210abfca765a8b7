import { repositorySample, userSample } from "../samples.ts";

/* What stands in every payload. */
export const senderSample = { repository: repositorySample, sender: userSample } as const;
