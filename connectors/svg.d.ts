/** `import icon from "./icon.svg" with { type: "text" }` puts the markup into the code, and so into the binary. */
declare module "*.svg" {
  const markup: string;
  export default markup;
}
