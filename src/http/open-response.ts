import type { Request, Response } from 'express';
import { ServerResponse, type IncomingMessage } from 'node:http';

const NO_HEADERS = Object.freeze({});
const NO_LOCALS = Object.freeze({});
/** Node asks only whether there is a head once it is sent. */
const SENT = 'sent';

/** Node's own fields of a response, which no public method clears. */
interface Internals {
  _header: string;
  readonly _headerSent: boolean;
  [field: symbol]: unknown;
}

/** Node's field for the headers that were set; undefined if a later Node has none of this name. */
const HEADERS = Object.getOwnPropertySymbols(new ServerResponse({} as IncomingMessage)).find(
  ({ description }) => description === 'kOutHeaders',
);

/**
 * Lets go of what an open response needs of its request no more: the headers, what Express
 * keeps for further handlers, and the parsed URL. A stream may stay open for an hour, and
 * this is a third of what it would hold. The method, the URL, the route and the address
 * stay, for the request log.
 */
export function releaseRequest(req: Request, res: Response): void {
  req.rawHeaders = [];
  req.headers = NO_HEADERS;
  Object.assign(req, {
    next: undefined,
    _parsedUrl: undefined,
    _parsedOriginalUrl: undefined,
    streamAccess: undefined,
  });
  res.locals = NO_LOCALS;
}

/** Sends the head of an open response, unless that is done: Node would write nothing, in a call of its own. */
export function sendHead(res: Response): void {
  const { _headerSent: isSent } = res as unknown as Internals;
  if (!isSent && !res.writableEnded) res.flushHeaders();
}

/** Lets go of the head of a response, once it is sent. */
export function releaseHead(res: Response): void {
  const own = res as unknown as Internals;
  if (!own._headerSent) return;
  own._header = SENT;
  if (HEADERS) own[HEADERS] = null;
}
