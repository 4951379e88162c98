import type { EventFilter } from '@vx11/events-client';
import { Bitmap } from './bitmap.js';
import { attributesOf, matches, type Numbered } from './workload.js';

/** Of each publisher, the numbers of the events that got their 202. */
export type Accepted = readonly Bitmap[];

export interface Balance {
  /** Accepted, and matching the client's filter. */
  readonly expected: number;
  /** Of those, the ones that came, each counted once. */
  readonly delivered: number;
  readonly lost: readonly Numbered[];
  /** Events that came again. */
  readonly doubled: readonly Numbered[];
  /** Events that came after a later one of the same publisher. */
  readonly disordered: readonly Numbered[];
  /** Events that do not match the filter. */
  readonly foreign: readonly Numbered[];
  /** Events that came although their publisher was never told that they are kept. */
  readonly unconfirmed: number;
}

/** Faults that are kept one by one; beyond it they are only counted by their list's length. */
const KEPT = 100_000;

/** What one client has received: a bit for each event, whatever their number. */
export class Ledger {
  private readonly seen: Bitmap[] = [];
  private readonly last: number[] = [];
  private readonly doubled: Numbered[] = [];
  private readonly disordered: Numbered[] = [];
  private readonly foreign: Numbered[] = [];

  constructor(private readonly filter: EventFilter) {}

  take({ publisher, n }: Numbered): void {
    const seen = (this.seen[publisher] ??= new Bitmap());
    const last = this.last[publisher] ?? -1;
    if (!matches(this.filter, attributesOf({ publisher, n }))) keep(this.foreign, publisher, n);
    if (!seen.add(n)) keep(this.doubled, publisher, n);
    else if (n < last) keep(this.disordered, publisher, n);
    this.last[publisher] = Math.max(last, n);
  }

  /** How many of these have not come. */
  missing(expected: Accepted): number {
    let count = 0;
    expected.forEach((bits, publisher) => {
      const seen = this.seen[publisher];
      for (const n of bits.numbers()) if (!seen?.has(n)) count += 1;
    });
    return count;
  }

  /** @param expected of what was accepted, that which matches the filter */
  balance(expected: Accepted): Balance {
    const lost: Numbered[] = [];
    let count = 0;
    let unconfirmed = 0;
    expected.forEach((bits, publisher) => {
      const seen = this.seen[publisher] ?? new Bitmap();
      count += bits.count;
      for (const n of bits.numbers()) if (!seen.has(n)) keep(lost, publisher, n);
      for (const n of seen.numbers()) {
        const wanted = matches(this.filter, attributesOf({ publisher, n }));
        if (wanted && !bits.has(n)) unconfirmed += 1;
      }
    });
    const { doubled, disordered, foreign } = this;
    const delivered = count - lost.length;
    return { expected: count, delivered, lost, doubled, disordered, foreign, unconfirmed };
  }
}

/** What of it a client with this filter is to receive. */
export function expectedOf(filter: EventFilter, accepted: Accepted): Accepted {
  return accepted.map((bits, publisher) => {
    const mine = new Bitmap();
    for (const n of bits.numbers()) {
      if (matches(filter, attributesOf({ publisher, n }))) mine.add(n);
    }
    return mine;
  });
}

function keep(list: Numbered[], publisher: number, n: number): void {
  if (list.length < KEPT) list.push({ publisher, n });
}
