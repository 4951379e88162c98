import { RequestError, type StopReason, StreamStoppedError } from '@vx11/events-client';

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

const STOPPED: Readonly<Record<StopReason, number>> = {
  closed: EXIT.ok,
  auth_required: EXIT.refused,
  invalid_token: EXIT.refused,
  insufficient_scope: EXIT.refused,
  forbidden: EXIT.refused,
  invalid_request: EXIT.usage,
  no_content: EXIT.failed,
  goodbye: EXIT.failed,
};

/**
 * What the user is told about an error that is no defect of the command: those of the
 * client library, and of what the command line or the environment names.
 * @returns undefined for any other
 */
export function expectedError(error: unknown): CommandError | undefined {
  if (error instanceof CommandError) return error;
  if (error instanceof StreamStoppedError) {
    const { reason, code, detail } = error.state;
    const advice =
      reason === 'invalid_request'
        ? 'vx11 tail --no-follow with the same options names each fault.'
        : detail;
    return new CommandError(STOPPED[reason], `The stream has ended: ${code ?? reason}.`, advice);
  }
  if (error instanceof RequestError) return noGateway(error.message);
  if (error instanceof Error && 'syscall' in error) {
    return new CommandError(EXIT.usage, `${error.message}.`);
  }
  // The commands take JSON from files and servers as what it should be.
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return new CommandError(
      EXIT.usage,
      `What the command has read is not what it expects: ${error.message}.`,
      'Check the files that the command line names, and that a gateway is at the address.',
    );
  }
  return undefined;
}

/** The error for an answer that no gateway would give. */
export function noGateway(why: string): CommandError {
  return new CommandError(
    EXIT.unreachable,
    `The answer is not that of a gateway: ${why}.`,
    'Set --url or VX11_URL to the address of the gateway.',
  );
}
