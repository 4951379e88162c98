import type { Request, Response } from 'express';
import type { Socket } from 'node:net';

/** Milliseconds in which a refused client may send the rest, and take its answer. */
export const REFUSAL_MS = 1_000;

/** Connections that end with a refusal: nothing that follows on them is a request. */
export const closing = new WeakSet<Socket>();

/** The answer to this request is the connection's last. */
export function closeAfter(req: Request, res: Response): void {
  closing.add(req.socket);
  res.shouldKeepAlive = false;
  res.setHeader('Connection', 'close');
}

/**
 * Sends a refusal. Closing a connection on unread bytes resets it, and the client
 * would not see its answer; so what is left of a body is read and dropped first,
 * for a second at most.
 */
export function sendAndClose(req: Request, res: Response, body: string): void {
  res.setHeader('Content-Length', Buffer.byteLength(body));
  if (req.method === 'HEAD') res.flushHeaders();
  else res.write(body);
  const end = () => {
    clearTimeout(late);
    res.end();
  };
  const late = setTimeout(end, REFUSAL_MS);
  req.once('end', end).once('close', end).resume();
}
