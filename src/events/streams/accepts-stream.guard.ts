import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ProblemError } from '../../kernel/problem.js';

/** Both spellings: a client may add the charset, although the type allows only UTF-8. */
const SENT = ['text/event-stream', 'text/event-stream;charset=utf-8'];

/**
 * Refuses a request whose Accept header rules out text/event-stream (RFC 9110, section
 * 12.5.1), before its token is redeemed. A missing or empty Accept allows every type.
 */
@Injectable()
export class AcceptsStreamGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const req = context.switchToHttp().getRequest<Request>();
    const accept = req.headers.accept?.trim() ?? '';
    // What EventSource sends needs no parser.
    if (accept === '' || accept === 'text/event-stream' || req.accepts(SENT) !== false) return true;
    throw new ProblemError(
      'not_acceptable',
      'The stream is text/event-stream, which the Accept header of this request rules out. Send Accept: text/event-stream.',
    );
  }
}
