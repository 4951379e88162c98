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
    ['EHOSTUNREACH', 'read', 'broken', 502],
    ['ENETUNREACH', 'write', 'broken', 502],
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

describe('a second attempt', () => {
  const cloudEvent = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
  const request = (method: string, path: string, headers = {}) => ({
    method,
    path,
    headers,
    canRepeat: true,
    stream: false,
  });
  const get = request('GET', '/operator/api/services');
  const issue = request('POST', '/operator/api/events/sse-token');
  const plain = request('POST', '/operator/api/events', { 'content-type': 'application/json' });
  const order = request('POST', '/madre/orders');

  it.each(['unreachable', 'late'] as const)('is made when nothing was sent (%s)', (failure) => {
    for (const one of [get, issue, plain, order, { ...get, stream: true }]) {
      expect(mayRetry(one, failure, 1)).toBe(true);
      expect(mayRetry(one, failure, 2)).toBe(true);
    }
  });

  it('is made once after a broken connection when a repetition changes nothing', () => {
    const events = [
      request('POST', '/operator/api/events', cloudEvent),
      request('POST', '/operator/api/events', {
        'content-type': 'application/cloudevents-batch+json',
      }),
      request('POST', '/operator/api/events', { 'ce-id': '1', 'content-type': 'text/plain' }),
      request('POST', '/operator/api/intake/alertmanager'),
    ];
    for (const one of [get, issue, request('DELETE', '/operator/api/streams/1'), ...events]) {
      expect(mayRetry(one, 'broken', 1)).toBe(true);
      expect(mayRetry(one, 'broken', 2)).toBe(false);
    }
  });

  it('is made once after a 503 like after a broken connection, and where nothing was used', () => {
    const stream = { ...get, stream: true };
    expect(mayRetry(issue, 'refused', 1)).toBe(true);
    expect(mayRetry(issue, 'refused', 2)).toBe(false);
    for (const one of [plain, order, stream]) {
      expect(mayRetry(one, 'refused', 1)).toBe(false);
      expect(mayRetry({ ...one, unused: true }, 'refused', 1)).toBe(true);
      expect(mayRetry({ ...one, unused: true }, 'refused', 2)).toBe(false);
    }
  });

  it('is not made after a broken connection when the first instance may have acted', () => {
    const lookalikes = [
      request('POST', '/madre/operator/api/events', cloudEvent),
      request('POST', '/operator/api/events', { 'content-type': 'application/cloudevents' }),
      request('PATCH', '/operator/api/events', cloudEvent),
    ];
    for (const one of [plain, order, { ...get, stream: true }, ...lookalikes]) {
      expect(mayRetry(one, 'broken', 1)).toBe(false);
    }
  });

  it('is not made without the whole request, and not after a timeout', () => {
    for (const one of [get, issue, plain]) {
      expect(mayRetry({ ...one, canRepeat: false }, 'unreachable', 1)).toBe(false);
      expect(mayRetry(one, 'timeout', 1)).toBe(false);
      expect(mayRetry(one, 'exhausted', 1)).toBe(false);
    }
  });
});
