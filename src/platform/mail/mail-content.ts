/**
 * A mail as it is meant; text and HTML are both made from it (`render-mail.ts`). Every text here may be what a person or
 * a provider chose: it is shown as it stands and never means anything.
 */
export interface MailContent {
  readonly subject: string;
  readonly heading: string;
  readonly blocks: readonly MailBlock[];
  /** Why somebody gets this, and how they stop it. */
  readonly footer: string;
}

export type MailBlock =
  | { readonly kind: "text"; readonly text: string }
  /** What somebody else said, such as a provider. */
  | { readonly kind: "quote"; readonly text: string }
  | { readonly kind: "facts"; readonly facts: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: "list"; readonly title: string; readonly items: readonly MailListItem[] }
  /** What to do about it; the page only opens, its form decides. */
  | { readonly kind: "action"; readonly label: string; readonly href: string };

export interface MailListItem {
  readonly text: string;
  readonly href: string | null;
}
