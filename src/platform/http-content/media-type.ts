/** The JSON types of WHATWG MIME Sniffing §4.6. `mediaType` in lower case, without parameters, here and below. */
export function isJsonType(mediaType: string): boolean {
  return mediaType === "application/json" || mediaType === "text/json" || mediaType.endsWith("+json");
}

/** Whether the content is characters, to be decoded by its charset: text, JSON and XML types. */
export function isTextType(mediaType: string): boolean {
  const isXml = mediaType === "application/xml" || mediaType.endsWith("+xml");
  return mediaType.startsWith("text/") || isXml || isJsonType(mediaType);
}
