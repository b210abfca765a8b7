/** Attributes of a link that is followed without leaving the page; beside its `href`. */
export function follow(href: string): Readonly<Record<string, string>> {
  return { "hx-get": href, "hx-push-url": "true" };
}
