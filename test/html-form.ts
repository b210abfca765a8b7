/** What a browser would send for the form in this markup, read with a real HTML parser. */
export async function entriesOfForm(html: string): Promise<[string, string][]> {
  const entries: [string, string][] = [];
  let select: { name: string; value: string | null } | null = null;
  let area: { name: string; text: string } | null = null;
  const rewriter = new HTMLRewriter()
    .on("input", {
      element(element) {
        const name = unescapeText(element.getAttribute("name") ?? "");
        const type = element.getAttribute("type") ?? "text";
        if (name === "" || element.hasAttribute("disabled")) return;
        if (type === "checkbox" && !element.hasAttribute("checked")) return;
        entries.push([name, unescapeText(element.getAttribute("value") ?? "")]);
      },
    })
    .on("select", {
      element(element) {
        select = { name: unescapeText(element.getAttribute("name") ?? ""), value: null };
        const current = select;
        element.onEndTag(() => {
          entries.push([current.name, current.value ?? ""]);
          select = null;
        });
      },
    })
    .on("option", {
      element(element) {
        if (!select) return;
        const value = unescapeText(element.getAttribute("value") ?? "");
        // Without a chosen one the browser sends the first.
        if (element.hasAttribute("selected") || select.value === null) select.value = value;
      },
    })
    .on("textarea", {
      element(element) {
        area = { name: unescapeText(element.getAttribute("name") ?? ""), text: "" };
        const current = area;
        element.onEndTag(() => {
          entries.push([current.name, unescapeText(current.text).replace(/^\n/, "")]);
          area = null;
        });
      },
      text(chunk) {
        if (area) area.text += chunk.text;
      },
    });
  await rewriter.transform(new Response(html)).text();
  return entries;
}

/** The rewriter hands texts over as they are written. */
function unescapeText(text: string): string {
  return text.replaceAll(/&(?:lt|gt|quot|apos|#39|#x27|#34|amp);/g, (entity) => ENTITIES[entity]!);
}
const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#34;": '"',
  "&apos;": "'",
  "&#39;": "'",
  "&#x27;": "'",
  "&amp;": "&",
};
