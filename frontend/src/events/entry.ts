import type { OperatorEvent, Position, Severity } from '@vx11/events-client';
import { exactOf } from './exact.js';

/** Least severe first. */
export const SEVERITIES = ['info', 'warn', 'error', 'critical'] as const satisfies Severity[];

/** One line of the list: an event, or something that happened to the stream between two events. */
export type Entry =
  | { readonly kind: 'event'; readonly key: Position; readonly event: OperatorEvent }
  | {
      readonly kind: 'gap';
      readonly key: string;
      /** Epoch milliseconds at which it was noticed. */
      readonly at: number;
      readonly oldest: Position | null;
    }
  | {
      readonly kind: 'recovered';
      readonly key: string;
      readonly at: number;
      readonly count: number;
    };

export type EventEntry = Extract<Entry, { kind: 'event' }>;

export function eventEntry(event: OperatorEvent): EventEntry {
  return { kind: 'event', key: event.position, event };
}

/** When it happened by its producer's clock, or else when the server accepted it. Epoch milliseconds. */
export function timeOf(event: OperatorEvent): number {
  const own = event.time === undefined ? NaN : Date.parse(event.time);
  return Number.isNaN(own) ? acceptedAt(event.position) : own;
}

/** When the server accepted it, from its position. Epoch milliseconds. */
export function acceptedAt(position: Position): number {
  return Number(position.split('-')[0]);
}

const SUMMARY_FIELDS = ['summary', 'message', 'msg', 'title', 'description'] as const;
const SUMMARY_LENGTH = 400;

/** One line that says what happened, in the producer's own words if it sent some. */
export function summaryOf(event: OperatorEvent): string {
  const { data } = event;
  if (typeof data === 'string') return oneLine(data);
  for (const field of SUMMARY_FIELDS) {
    const words = (data as Record<string, unknown> | null | undefined)?.[field];
    if (typeof words === 'string' && words !== '') return oneLine(words);
  }
  const text = () => (data === undefined ? '' : JSON.stringify(exactOf(event).data));
  return oneLine(event.subject ?? text());
}

function oneLine(text: string): string {
  // Never half of a character, and never as if it were all.
  const isCut = text.length > SUMMARY_LENGTH;
  const part = isCut ? text.slice(0, SUMMARY_LENGTH).replace(/[\uD800-\uDBFF]$/, '') : text;
  return part.replace(/\s+/g, ' ').trim() + (isCut ? '…' : '');
}
