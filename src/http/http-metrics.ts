/** Metrics port of the HTTP edge; each process implements it. */
export abstract class HttpMetrics {
  /**
   * @param route the pattern, never the path: a label must not hold an id
   * @param seconds from the request's arrival until its response was sent, or its connection closed
   */
  abstract answered(method: string, route: string, status: number, seconds: number): void;
}
