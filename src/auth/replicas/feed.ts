/** Where an operator-backend streams its replicas to the gateways; not routed by the gateway. */
export const FEED_PATH = 'internal/revocations/stream';

/** Milliseconds between two signs of life on the feed. */
export const FEED_HEARTBEAT_MS = 1_000;
