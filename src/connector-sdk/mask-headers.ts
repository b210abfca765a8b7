/** Connectors import only the SDK; this is the one piece of header knowledge they share with the rest. */
export { maskHeaders } from "../platform/http-content/mask-headers.ts";
