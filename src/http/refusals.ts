import type { RequestHandler } from 'express';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { correlationId } from '../kernel/ids.js';
import type { ProblemCode } from '../kernel/problem.js';
import { closeAfter, closing, REFUSAL_MS } from './closing.js';
import { messageFault, METHODS } from './message-rules.js';
import { rawProblem } from './problem.filter.js';

/** Node's internal field `_httpMessage`: the response that is next to be sent on the connection. */
type ServerSocket = Socket & {
  _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null;
};

/** First middleware: drops requests that were pipelined behind a refused one. */
export const dropAfterRefusal: RequestHandler = (req, _res, next) => {
  if (!closing.has(req.socket)) next();
};

/** Refuses requests that two servers could read differently, and closes the connection. */
export const messageGate: RequestHandler = (req, res, next) => {
  const fault = messageFault(req);
  if (fault) closeAfter(req, res);
  // After a request with `Upgrade`, Node reads no further request from the connection.
  else if (req.headers.upgrade !== undefined) res.shouldKeepAlive = false;
  next(fault);
};

/**
 * Last gate: sends `100 Continue` if the client waits for it (RFC 9110, section 10.1.1).
 * For a pipelined request it waits until the earlier responses are sent: otherwise Node
 * would write the interim response between the head and the body of the final one.
 */
export const continueGate: RequestHandler = (req, res, next) => {
  if (req.headers.expect !== undefined && req.httpVersion === '1.1') {
    const proceed = () => {
      if (!res.headersSent) res.writeContinue();
    };
    if (res.socket) proceed();
    else res.once('socket', proceed);
  }
  next();
};

/** Sends problem details where Node would send a plain error response or none. */
export function refuseBadRequests(server: Server): void {
  const asUsual = (req: IncomingMessage, res: ServerResponse) => server.emit('request', req, res);
  server.on('checkContinue', asUsual).on('checkExpectation', asUsual);
  server.on('connect', (_req: IncomingMessage, socket: Socket) => {
    if (closing.has(socket)) return;
    closing.add(socket);
    refuseInTurn(socket, 'method_not_allowed', 'This server is no tunnel.');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: ServerSocket) => {
    // Ignore bytes after a request with `Connection: close` (RFC 9112, section 9.6).
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    // Bytes after a parse error raise further errors: read and drop them.
    if (closing.has(socket) && error.code !== 'ECONNRESET') return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    closing.add(socket);
    refuseInTurn(socket, ...refusal(error.code));
  });
}

/** Sends the refusal after the responses to the requests that arrived complete before it. */
function refuseInTurn(socket: ServerSocket, code: ProblemCode, detail: string): void {
  const first = socket._httpMessage;
  if (first?.req.complete) first.once('close', () => refuseInTurn(socket, code, detail));
  else if (first?.headersSent) socket.destroy();
  else if (socket.writable) refuse(socket, code, detail);
}

function refuse(socket: Socket, code: ProblemCode, detail: string): void {
  const headers = code === 'method_not_allowed' ? { Allow: METHODS.join(', ') } : {};
  socket.end(rawProblem(code, detail, correlationId(undefined), headers));
  const late = setTimeout(() => socket.destroy(), REFUSAL_MS);
  socket.once('close', () => clearTimeout(late));
}

function refusal(code: string | undefined): [ProblemCode, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        'header_too_large',
        'The URL and the headers together are larger than 16 KiB, or there are more than 1,000 headers.',
      ];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['request_timeout', 'The request took too long to arrive.'];
    default:
      return ['invalid_request', 'The request is not valid HTTP.'];
  }
}
