import type { Request, Response } from 'express';
import type { Socket } from 'node:net';

/** Milliseconds that a refused client has to send the rest of its request and to read the response. */
export const REFUSAL_MS = 1_000;

/** Connections that close after a refusal: later bytes on them are not read as requests. */
export const closing = new WeakSet<Socket>();

/** Makes the response to this request the last one of its connection. */
export function closeAfter(req: Request, res: Response): void {
  closing.add(req.socket);
  res.shouldKeepAlive = false;
  res.setHeader('Connection', 'close');
}

/**
 * Sends a refusal. Closing a connection that has unread bytes resets it, and the client
 * might not see the response. So the rest of the body is read and dropped first, for
 * at most a second.
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
