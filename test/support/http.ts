import {
  request as send,
  type Agent,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { witness } from './secrets.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // Whatever the test expects it to be.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export interface Ask {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer | object;
  agent?: Agent;
  /** A body, or a cookie, that holds a token by right, where the request succeeds. */
  issuing?: boolean;
}

/** One request over a real socket; objects are sent as JSON. */
export function ask(url: string, path: string, options: Ask = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent, issuing = false } = options;
  const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = raw ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const req = send(
      `${url}${path}`,
      {
        method,
        agent: agent ?? false,
        headers: defined({ ...(raw ? {} : { 'content-type': 'application/json' }), ...headers }),
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.once('error', reject);
        res.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = res.statusCode ?? 0;
          const isRight = issuing && status < 300;
          const seen = Object.entries(res.headers).filter(
            ([name]) => !(isRight && name === 'set-cookie'),
          );
          witness(`headers of ${method} ${path}`, seen.flat(2).join('\n'));
          if (!isRight) witness(`body of ${method} ${path}`, text);
          resolve({ status, headers: res.headers, text, json: parsed(text) });
        });
      },
    );
    req.once('error', reject);
    req.end(bytes);
  });
}

/**
 * Waits until the connection is closed. Who closes with bytes unread resets the connection,
 * so a reset is a way to close, and whether it is seen is a matter of the moment.
 */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => socket.destroy()).once('close', () => resolve());
  });
}

/**
 * Writes bytes to a socket as they are; resolves to all that came back until the peer closed.
 * @throws Error when nothing came back before the connection broke
 */
export function exchange(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => {
      if (chunks.length === 0) reject(error);
    });
    socket.once('close', () => {
      const text = Buffer.concat(chunks).toString();
      witness('a raw exchange', text);
      resolve(text);
    });
  });
}

/** A header given as `undefined` is not sent. */
function defined(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
