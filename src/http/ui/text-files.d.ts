declare module "*.woff2" {
  /** Where the file lies, in the binary as on disk. */
  const path: string;
  export default path;
}
declare module "*.css" {
  const text: string;
  export default text;
}
/** Scripts for the browser are served as they are; none of them is run here. */
declare module "*.js" {
  const text: string;
  export default text;
}
