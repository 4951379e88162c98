import { ANSWER_TIMEOUT, CONNECT_TIMEOUT, failureOf, failureProblem, mayRetry } from './failure.js';

const error = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });

describe('the failure of an upstream', () => {
  it.each([
    ['ECONNREFUSED', 'connect', 'unreachable', 503],
    ['EHOSTUNREACH', 'connect', 'unreachable', 503],
    ['ENOTFOUND', 'getaddrinfo', 'unreachable', 503],
    ['ETIMEDOUT', 'connect', 'late', 503],
    [CONNECT_TIMEOUT, undefined, 'late', 503],
    ['ECONNRESET', 'read', 'broken', 502],
    ['HPE_INVALID_CONSTANT', undefined, 'broken', 502],
    [ANSWER_TIMEOUT, undefined, 'timeout', 504],
    ['EMFILE', 'connect', 'exhausted', 503],
    ['EADDRNOTAVAIL', 'connect', 'exhausted', 503],
  ] as const)('%s in %s is %s and %i to the client', (code, syscall, failure, status) => {
    expect(failureOf(error(code, syscall))).toBe(failure);
    const problem = failureProblem(failure);
    expect(problem.status).toBe(status);
    expect(problem.retryAfterSec !== undefined).toBe(status === 503);
  });
});

describe('a second try', () => {
  const get = { method: 'GET', path: '/operator/api/services', hasBody: false };
  const issue = { method: 'POST', path: '/operator/api/events/sse-token', hasBody: false };
  const publish = { method: 'POST', path: '/operator/api/events', hasBody: false };

  it('is made where nothing was sent and the request may be repeated', () => {
    expect(mayRetry(get, 'unreachable', false)).toBe(true);
    expect(mayRetry({ ...get, method: 'DELETE' }, 'unreachable', false)).toBe(true);
    expect(mayRetry(issue, 'unreachable', false)).toBe(true);
    expect(mayRetry(get, 'late', false)).toBe(true);
  });

  it('is made after an idle connection turned out to be dead, if the request may be repeated', () => {
    expect(mayRetry(get, 'broken', true)).toBe(true);
    expect(mayRetry(issue, 'broken', true)).toBe(true);
    expect(mayRetry(publish, 'broken', true)).toBe(false);
  });

  it('is never made otherwise', () => {
    expect(mayRetry(publish, 'unreachable', false)).toBe(false);
    expect(mayRetry({ ...get, hasBody: true }, 'unreachable', false)).toBe(false);
    expect(mayRetry({ ...issue, hasBody: true }, 'unreachable', false)).toBe(false);
    for (const failure of ['broken', 'timeout', 'exhausted'] as const) {
      expect(mayRetry(get, failure, false)).toBe(false);
    }
  });
});
