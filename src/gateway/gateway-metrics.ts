/** Numbers of this process, at the moment. */
export interface GatewayState {
  streams(): number;
  upstreamsUp(): number;
  upstreams(): number;
  /** Requests that wait for an instance. */
  waiting(): number;
  /** Connections to instances that carry many streams each. */
  trunks(): number;
}

/** Metrics port of the gateway. */
export abstract class GatewayMetrics {
  /** Read at each scrape. */
  abstract watch(state: GatewayState): void;
  /** A request was sent again because an instance was unreachable, broke off, hung or answered 503. */
  abstract retried(): void;
  abstract upstreamFailed(
    kind: 'unreachable' | 'late' | 'broken' | 'timeout' | 'hung' | 'refused',
  ): void;
  /** A connection was turned away: the address, or the process, has too many. */
  abstract connectionRefused(reason: 'address' | 'process'): void;
}
