import type { RequestHandler } from 'express';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { correlationId } from '../kernel/ids.js';
import type { ProblemCode } from '../kernel/problem.js';
import { closeAfter, closing, REFUSAL_MS } from './closing.js';
import { messageFault, METHODS } from './message-rules.js';
import { rawProblem } from './problem.filter.js';

/** Node's own: the response that is first in line on the connection. */
type ServerSocket = Socket & {
  _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null;
};

/** First in line: drops requests that were pipelined behind a refused one. */
export const dropAfterRefusal: RequestHandler = (req, _res, next) => {
  if (!closing.has(req.socket)) next();
};

/** Refuses what two servers could read in two ways, and closes the connection. */
export const messageGate: RequestHandler = (req, res, next) => {
  const fault = messageFault(req);
  if (fault) closeAfter(req, res);
  // Node reads nothing more from a connection whose request asked for another protocol.
  else if (req.headers.upgrade !== undefined) res.shouldKeepAlive = false;
  next(fault);
};

/**
 * Last of the gates: the client may send its body (RFC 9110, section 10.1.1). A
 * pipelined request waits for its turn on the connection: Node would write the interim
 * answer between the head and the body of the final one.
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

/** Answers as problem details what Node would answer by itself, or not at all. */
export function refuseBadRequests(server: Server): void {
  const asUsual = (req: IncomingMessage, res: ServerResponse) => server.emit('request', req, res);
  server.on('checkContinue', asUsual).on('checkExpectation', asUsual);
  server.on('connect', (_req: IncomingMessage, socket: Socket) => {
    if (closing.has(socket)) return;
    closing.add(socket);
    refuseInTurn(socket, 'method_not_allowed', 'This server is no tunnel.');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: ServerSocket) => {
    // Bytes behind a `Connection: close` are to be ignored (RFC 9112, section 9.6).
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    // What follows a fault is faulty again: it is read and dropped.
    if (closing.has(socket) && error.code !== 'ECONNRESET') return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    closing.add(socket);
    refuseInTurn(socket, ...refusal(error.code));
  });
}

/** Requests that came whole before the fault get their answers first. */
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
      return ['header_too_large', 'The URL and the headers together are larger than 16 KiB.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['request_timeout', 'The request took too long to arrive.'];
    default:
      return ['invalid_request', 'The request is not valid HTTP.'];
  }
}
