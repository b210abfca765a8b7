declare module "*.css" {
  const text: string;
  export default text;
}
/** Scripts for the browser are served as they are; none of them is run here. */
declare module "*.js" {
  const text: string;
  export default text;
}
