import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Logger } from '../kernel/logger.js';
import { PROBLEMS, ProblemError, problemBody, type ProblemCode } from '../kernel/problem.js';
import { redactUrl } from '../kernel/redaction.js';
import { allowedMethods } from './allowed-methods.js';
import { SECURITY } from './answer-headers.js';
import { sendAndClose } from './closing.js';
import { healthProblem } from './health-problem.js';
import { loggedId } from './logged-id.js';
import './request.js';

/** Turns any exception into an `application/problem+json` response (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const req = http.getRequest<Request>();
    const answer = () => this.answer(thrown, req, http.getResponse<Response>());
    const isRefusal = thrown instanceof ProblemError && thrown.code === 'insufficient_scope';
    const recorded = isRefusal ? req.recordRefusal?.(thrown) : undefined;
    if (recorded) void recorded.then(answer);
    else answer();
  }

  answer(thrown: unknown, req: Request, res: Response): void {
    const problem = toProblem(thrown, req, res);
    if (problem.status >= 500 && problem.code === 'internal_error') {
      this.logger.error({ err: thrown, correlation_id: loggedId(req) }, 'unexpected error');
    }
    if (res.headersSent) {
      // The response has begun: closing the connection is the only way to show that it is incomplete.
      res.destroy();
      return;
    }
    sendProblem(req, res, problem);
  }
}

export function sendProblem(req: Request, res: Response, problem: ProblemError): void {
  if (problem.retryAfterSec !== undefined) res.setHeader('Retry-After', problem.retryAfterSec);
  if (problem.limit) {
    // draft-ietf-httpapi-ratelimit-headers-10
    const { name, quota, windowSec } = problem.limit;
    const unit = windowSec === undefined ? 'qu="concurrent-requests"' : `w=${windowSec}`;
    res.setHeader('RateLimit-Policy', `"${name}";q=${quota};${unit}`);
    res.setHeader('RateLimit', `"${name}";r=0;t=${problem.retryAfterSec ?? 1}`);
  }
  if (problem.status === 401) {
    // RFC 9110, section 11.6.1: a 401 names the scheme to use.
    res.setHeader('WWW-Authenticate', 'Bearer realm="vx11-operator"');
  }
  const body = problemBody(problem, {
    instance: redactUrl(req.originalUrl.split('?', 1)[0] ?? '/'),
    correlationId: req.correlationId,
  });
  // `errors[]` repeats field names from the request, and a client may have sent a token as a name.
  const errors = body.errors?.map(({ field, message }) => ({
    field: redactUrl(field),
    message: redactUrl(message),
  }));
  const text = JSON.stringify({ ...body, ...(errors ? { errors } : {}) });
  res
    .status(problem.status)
    .setHeader('Cache-Control', 'no-store')
    .type('application/problem+json');
  if (res.getHeader('Connection') === 'close' && !req.complete) sendAndClose(req, res, text);
  else res.send(text);
}

/** Maps an exception to a problem. Of an error by Nest or Express it uses only the status. */
function toProblem(thrown: unknown, req: Request, res: Response): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  const unhealthy = healthProblem(thrown);
  if (unhealthy) return unhealthy;
  let status =
    thrown instanceof HttpException
      ? thrown.getStatus()
      : Number((thrown as { status?: unknown } | null)?.status);
  if (status === 404) {
    const allowed = allowedMethods(req);
    if (allowed.length > 0) {
      res.setHeader('Allow', allowed.join(', '));
      status = 405;
    }
  }
  const [code, detail] = BY_STATUS.get(status) ?? UNEXPECTED;
  // body-parser says how much it would have read.
  const { limit } = (thrown ?? {}) as { limit?: number };
  const isKnown = status === 413 && limit !== undefined;
  const words = isKnown ? `A body may have at most ${limit} bytes here.` : detail;
  return new ProblemError(code, words, { cause: thrown });
}

const UNEXPECTED: readonly [ProblemCode, string] = [
  'internal_error',
  'The request met an error of ours. Quote the correlation id when you report it.',
];

const BY_STATUS = new Map<number, readonly [ProblemCode, string]>([
  [400, ['invalid_request', 'The request could not be read. Check its syntax and its encoding.']],
  [404, ['not_found', 'There is nothing at this address; the API reference lists what there is.']],
  [405, ['method_not_allowed', 'The resource exists, but not for this method.']],
  [406, ['not_acceptable', 'The Accept header rules out what this resource can send.']],
  [408, ['request_timeout', 'The request took too long to arrive.']],
  [413, ['too_large', 'The body is larger than this resource takes.']],
  [415, ['unsupported_media_type', 'The Content-Type or Content-Encoding is not supported here.']],
]);

/** A complete HTTP response with a problem, for connections that Express does not handle. */
export function rawProblem(
  code: ProblemCode,
  detail: string,
  correlationId: string,
  headers: Record<string, string> = {},
): string {
  const [status, title] = PROBLEMS[code];
  const body = JSON.stringify(
    problemBody(new ProblemError(code, detail), { instance: '/', correlationId }),
  );
  return [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Correlation-Id: ${correlationId}`,
    'Cache-Control: no-store',
    ...Object.entries({ ...SECURITY, ...headers }).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
