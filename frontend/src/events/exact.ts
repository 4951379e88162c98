import type { OperatorEvent } from '@vx11/events-client';
import { rawOf } from '@vx11/events-client/raw';

/** A number as the producer wrote it, where a double would change its digits: `1524831183200260097`, `1.10`. */
export class Digits {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }

  /** As a number in JSON, with every digit; in a browser without `JSON.rawJSON` as a string. */
  toJSON(): unknown {
    return rawJSON?.(this.text) ?? this.text;
  }
}

/** ECMAScript, "JSON.parse source text access"; the compiler's library does not have it yet. */
const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
) => unknown;

/** A number that `JSON.parse` may change: many digits, an exponent, a fraction, a minus zero. */
const MAY_LOSE = /\d{16}|\d[eE]|\.\d|-0/;

const exactEvents = new WeakMap<OperatorEvent, OperatorEvent>();

/** The event with `Digits` in place of each number that its parsed form would show differently. */
export function exactOf(event: OperatorEvent): OperatorEvent {
  let exact = exactEvents.get(event);
  if (exact === undefined) {
    const raw = rawOf(event);
    exact = raw !== undefined && MAY_LOSE.test(raw) ? exactFrom(raw) : event;
    exactEvents.set(event, exact);
  }
  return exact;
}

function exactFrom(raw: string): OperatorEvent {
  return parse(raw, (_, value, context) => {
    if (typeof value !== 'number') return value;
    const source = context?.source;
    return source === undefined || source === String(value) ? value : new Digits(source);
  }) as OperatorEvent;
}

/** Any value of an event as one line of text. */
export function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null && !(value instanceof Digits)
    ? JSON.stringify(value)
    : String(value);
}
