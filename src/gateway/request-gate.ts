import type { NextFunction, Request, Response } from 'express';
import { closeAfter } from '../http/closing.js';
import { announcedBytes, hasContent, METHODS, WITH_CONTENT } from '../http/message-rules.js';
import { ProblemError } from '../kernel/problem.js';

/**
 * The gateway's own rules, in addition to those of every server (http/message-rules.ts).
 * They ensure that services read a request exactly as the gateway has checked it.
 */
export function requestGate(bodyBytes: number) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const problem = refusal(req, bodyBytes);
    if (problem) {
      closeAfter(req, res);
      if (problem.status === 405) res.setHeader('Allow', METHODS.join(', '));
    }
    next(problem);
  };
}

function refusal(req: Request, bodyBytes: number): ProblemError | undefined {
  if (!METHODS.includes(req.method)) {
    return new ProblemError('method_not_allowed', `The gateway takes ${METHODS.join(', ')}.`);
  }
  const fault = targetFault(req.originalUrl);
  if (fault) return new ProblemError('invalid_request', fault);
  if (hasContent(req) && !WITH_CONTENT.includes(req.method)) {
    return new ProblemError(
      'invalid_request',
      `Send a body with ${WITH_CONTENT.join(', ')}; a ${req.method} request has none.`,
    );
  }
  if (announcedBytes(req) > bodyBytes) return tooLarge(bodyBytes);
  return undefined;
}

export function tooLarge(bodyBytes: number): ProblemError {
  return new ProblemError('too_large', `A body may have at most ${bodyBytes} bytes here.`);
}

/**
 * Returns what is wrong with a request target; `undefined` for a valid one. Accepts
 * only the origin form (RFC 9112, section 3.2.1), and only a path that every server
 * behind the gateway splits into the same segments.
 */
export function targetFault(target: string): string | undefined {
  const path = target.split('?', 1)[0] ?? '';
  if (!path.startsWith('/')) return 'The request target must begin with a slash.';
  if (!/^[\x21-\x7e]*$/.test(target) || /[\\#]/.test(path)) {
    return 'The address holds characters that must be percent-encoded.';
  }
  if (/%(?![0-9a-f]{2})/i.test(path)) return 'The path is not percent-encoded correctly.';
  // Double encoding is refused too: a service behind the gateway may decode twice.
  if (/%(?:25)*(?:2f|5c|[01][0-9a-f]|7f)/i.test(path)) {
    return 'The path holds an encoded slash, backslash or control character.';
  }
  const segments = path.slice(1).split('/');
  if (segments.some((segment, index) => segment === '' && index < segments.length - 1)) {
    return 'The path holds an empty segment.';
  }
  if (segments.some(isDots)) return 'The path holds a dot segment.';
  return undefined;
}

/** `.` and `..`, encoded or not; also with path parameters, which some servers remove. */
function isDots(segment: string): boolean {
  const name = segment.replace(/%(?:25)*2e/gi, '.').split(/;|%(?:25)*3b/i, 1)[0];
  return name === '.' || name === '..';
}
