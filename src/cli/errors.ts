/** Exit codes of `vx11`; the first three are what shells and monitoring expect. */
export const EXIT = {
  ok: 0,
  /** The command did its work and the result is bad: a smoke test or a diagnosis failed. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** No server answers at the address. */
  unreachable: 3,
  /** 401 or 403. */
  refused: 4,
} as const;

/** An error for the user: what happened, and what to do next. */
export class CommandError extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
    readonly advice = '',
  ) {
    super(message);
  }
}
