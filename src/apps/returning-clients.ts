/** Paths of what clients send when they all come back at once: a token, and then a stream. */
export const RETURNING_CLIENTS = /^\/operator\/api\/events\/(?:sse-token|stream)\/?(?:\?|$)/i;
