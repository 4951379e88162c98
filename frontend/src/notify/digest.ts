import type { OperatorEvent } from '@vx11/events-client';
import { summaryOf } from '../events/entry.js';

/** A burst arrives within this time, milliseconds: it is one message. */
const GATHER_MS = 500;
/** Between two messages, milliseconds; what arrives meanwhile is the next one. */
const PAUSE_MS = 5_000;
/** Events that a message names. */
const MOST_NAMED = 3;

/** Critical events that are announced together. */
export interface Burst {
  readonly count: number;
  /** The first one: the same in every tab. */
  readonly first: OperatorEvent;
  /** The newest ones, newest first. */
  readonly newest: readonly OperatorEvent[];
}

/**
 * Sums up critical events, so that a storm is a few messages and none of its events is left out.
 * @param announce is called half a second after the first event, and then every 5 s at most
 */
export function gatherBursts(announce: (burst: Burst) => void): (event: OperatorEvent) => void {
  let burst: Burst | undefined;
  let isWaiting = false;
  const flush = (): void => {
    isWaiting = burst !== undefined;
    if (!burst) return;
    const ready = burst;
    burst = undefined;
    setTimeout(flush, PAUSE_MS);
    announce(ready);
  };
  return (event) => {
    burst = {
      count: (burst?.count ?? 0) + 1,
      first: burst?.first ?? event,
      newest: [event, ...(burst?.newest ?? [])].slice(0, MOST_NAMED),
    };
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(flush, GATHER_MS);
  };
}

/** What a desktop notification says of a burst. */
export function messageFor({ count, newest }: Burst): { title: string; body: string } {
  const [event] = newest;
  if (count === 1 && event) return { title: `${event.module}: critical`, body: wordsOf(event) };
  const lines = newest.map((one) => `${one.module}: ${wordsOf(one)}`);
  const rest = count - newest.length;
  return {
    title: `${count} critical events`,
    body: [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'),
  };
}

function wordsOf(event: OperatorEvent): string {
  return summaryOf(event) || event.type;
}
