/** `import text from "./x.txt" with { type: "text" }` puts it into the code, and so into the binary. */
declare module "*.txt" {
  const text: string;
  export default text;
}
