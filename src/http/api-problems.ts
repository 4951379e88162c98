import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '../kernel/problem.js';

/** Prefix of the extensions that hold an operation's codes until `takeProblems` removes them. */
const PREFIX = 'x-problem-';

/** Problems that the HTTP edge may send before any route runs. */
const OF_EVERY_OPERATION: readonly ProblemCode[] = [
  'invalid_request',
  'request_timeout',
  'expectation_failed',
  'header_too_large',
  'internal_error',
];

/**
 * Lists problems that an operation may send. Several of these decorators add up, so
 * that a guard's decorator can list the problems of the guard.
 */
export function ApiProblems(...codes: readonly ProblemCode[]): MethodDecorator {
  return applyDecorators(...codes.map((code) => ApiExtension(PREFIX + code, true)));
}

/** Removes the listed problems from an operation, and returns them as responses. */
export function takeProblems(operation: Record<string, unknown>): Record<string, object> {
  const named = Object.keys(operation).filter((name) => name.startsWith(PREFIX));
  for (const name of named) delete operation[name];
  return problemResponses(named.map((name) => name.slice(PREFIX.length) as ProblemCode));
}

/** One response for each status that these problems, and those of the edge, have. */
function problemResponses(codes: readonly ProblemCode[]): Record<string, object> {
  const all = new Set([...codes, ...OF_EVERY_OPERATION]);
  const byStatus = Map.groupBy(all, (code) => PROBLEMS[code][0]);
  return Object.fromEntries(
    Array.from(byStatus, ([status, same]) => [
      status,
      {
        description: same.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join('. '),
        ...(RETRIED.has(status) ? { headers: RETRY_AFTER } : {}),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }],
              properties: { status: { const: status }, code: { enum: same } },
            },
          },
        },
      },
    ]),
  );
}

/** Statuses that are sent with `Retry-After`. */
const RETRIED = new Set([429, 503]);
const RETRY_AFTER = {
  'Retry-After': {
    required: true,
    description: 'Seconds',
    schema: { type: 'integer', minimum: 0 },
  },
};

/** RFC 9457, with a stable code and the correlation id. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'correlation_id'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened and what to do next' },
    instance: { type: 'string' },
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
    correlation_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};
