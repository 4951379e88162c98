import { MAX_NESTING } from '../../kernel/nesting.js';
import { ProblemError, type FieldError } from '../../kernel/problem.js';
import { TimeSlice } from '../../kernel/time-slice.js';
import { compactSteps, JsonTooDeep } from './json-text.js';

/*
 * The limits of the intake, and the problems for requests above them.
 * docs/reference/events.md states the same limits.
 */

/** Largest event: bytes of its JSON without white space outside strings, or of a binary body. */
export const MAX_EVENT_BYTES = 64 * 1024;
export const MAX_BATCH_BYTES = 1024 * 1024;
export const MAX_BATCH_EVENTS = 500;
/** Of an Alertmanager notification: 5,000 alerts of the usual size, and more. */
export const MAX_ALERTS_BYTES = 8 * 1024 * 1024;
/** Most faults that one problem lists. */
export const MAX_FAULTS = 50;

/** Most alerts in a notification. */
export const MAX_ALERTS = 30_000;

/** What all events of a request have in common. */
export interface IntakeContext {
  /** Epoch milliseconds; becomes `time` where the producer gave none. */
  readonly now: number;
  readonly correlationId: string;
  /** Id of the principal that publishes. */
  readonly publisher: string;
}

export function invalidEvent(errors: readonly FieldError[]): ProblemError {
  return new ProblemError(
    'invalid_event',
    'Nothing of the request was taken; errors names each fault. Fix them and send the whole request again.',
    { errors: errors.slice(0, MAX_FAULTS) },
  );
}

export function eventTooLarge(what: string): ProblemError {
  return new ProblemError(
    'too_large',
    `${what} is larger than ${MAX_EVENT_BYTES} bytes. Nothing was taken. Publish a reference to large data instead.`,
  );
}

export function batchTooLong(): ProblemError {
  return new ProblemError(
    'too_large',
    `The batch has more than ${MAX_BATCH_EVENTS} events. Nothing was taken. Send them in several batches.`,
  );
}

export function tooManyAlerts(): ProblemError {
  return new ProblemError(
    'too_large',
    `The notification has more than ${MAX_ALERTS} alerts. Nothing was taken. Set max_alerts in the webhook's configuration.`,
  );
}

// A byte order mark before JSON is ignored (RFC 8259, section 8.1).
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A body as compact JSON text. Reading a large one leaves the event loop its turns.
 * @param around levels of the form itself around `data`, which may have MAX_NESTING of its own
 * @throws ProblemError invalid_event
 */
export async function readJsonText(body: Buffer, around = 0): Promise<string> {
  const text = decodeUtf8(body);
  const slice = new TimeSlice();
  const steps = compactSteps(text, MAX_NESTING + around);
  try {
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      await slice.next();
    }
  } catch (error) {
    if (error instanceof JsonTooDeep) {
      throw bodyFault(`is nested deeper than ${MAX_NESTING} levels`);
    }
    throw bodyFault('the body is not valid JSON');
  }
}

function decodeUtf8(body: Buffer): string {
  try {
    return UTF8.decode(body);
  } catch {
    throw bodyFault('the body is not valid UTF-8');
  }
}

function bodyFault(message: string): ProblemError {
  return invalidEvent([{ field: '/', message }]);
}
