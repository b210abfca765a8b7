/** How a request to one address with one method is answered. */
export interface Endpoint {
  readonly method: string;
  /** A part such as `:id` is a parameter; null for one that is not well encoded. */
  readonly path: string;
  readonly answer: (request: Request, params: EndpointParams) => Promise<Response> | Response;
}

export type EndpointParams = Readonly<Record<string, string | null>>;
