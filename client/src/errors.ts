import type { Failure, Stopped } from './types.js';

/** A request that was answered with something else than success. */
export class RequestError extends Error {
  override name = 'RequestError';
  constructor(readonly failure: Failure) {
    super(`refused: ${failure.code ?? failure.status}`);
  }
}

/**
 * What an error of a request means. All but a refusal counts as the network,
 * also a token function that throws: it is tried again. The error itself goes
 * no further: its words differ by runtime and may hold a URL with its token.
 */
export function asFailure(error: unknown): Failure {
  return error instanceof RequestError ? error.failure : { kind: 'network' };
}

/** The client stopped by itself; `state.reason` says why. */
export class StreamStoppedError extends Error {
  override name = 'StreamStoppedError';
  constructor(readonly state: Stopped) {
    super(`stopped: ${state.code ?? state.reason}`);
  }
}
