import { actionDoc } from './actions.js';
import type { Draft } from './chain.js';

/** Length of the window of a group, milliseconds; at its end the sums are written. */
const WINDOW_MS = { minute: 60_000, hour: 3_600_000 } as const;
/** Actions of one group that get an entry of their own in a window. */
const SINGLES = 10;
/**
 * Most sums of one group in a window; further actions go into one sum without address and
 * reason.
 */
const FINE_SUMS = 10;
/** Most groups at one time; the actions of further groups share one. */
const MOST_GROUPS = 10_000;

interface Group {
  /** Monotonic milliseconds. */
  readonly until: number;
  singles: number;
  readonly sums: Set<string>;
  /** The last draft that was summed up, and the sum's key: the next one is mostly like it. */
  latest?: { readonly name: string; readonly like: Draft; readonly key: string } | undefined;
}

/** Counted in place: a busy instance adds thousands of actions a second. */
type Growing = Omit<Draft, 'count' | 'until' | 'amount'> & {
  count: number;
  until: string;
  amount?: number | undefined;
};

/** A sum that grows; replaced in the store with every change. */
export interface Sum {
  readonly key: string;
  readonly draft: Draft;
}

/**
 * Decides which actions get an entry of their own. A group is all actions of one kind by one
 * actor, or by unknown actors. Its first ten in its window (a minute, or an hour) are
 * entries; further ones are summed up by subject, reason and address. So one actor causes at
 * most 21 entries of one kind in a window, and all callers without a credential together
 * cause no more than that.
 */
export class Bursts {
  private readonly groups = new Map<string, Group>();
  private readonly sums = new Map<string, Growing>();

  /** @returns undefined when the draft is an entry of its own, else the sum it went into */
  add(draft: Draft, now: number): string | undefined {
    const { frequent } = actionDoc(draft.action);
    if (frequent === undefined) return undefined;
    const name = `${draft.action}\n${draft.actor ?? draft.owner ?? ''}`;
    const group = this.groups.get(name) ?? this.begin(name, draft, now + WINDOW_MS[frequent]);
    if (group.singles < SINGLES) {
      group.singles += 1;
      return undefined;
    }
    const key = this.keyOf(name, group, draft);
    const known = this.sums.get(key);
    if (known) grow(known, draft);
    else this.sums.set(key, firstOf(key, name, draft));
    return key;
  }

  sum(key: string): Sum | undefined {
    const draft = this.sums.get(key);
    return draft && { key, draft };
  }

  get hasSums(): boolean {
    return this.sums.size > 0;
  }

  /** Removes and returns the sums of the windows that have ended; without `now`, all sums. */
  take(now?: number): Sum[] {
    const taken: Sum[] = [];
    for (const [name, group] of this.groups) {
      const isOver = now !== undefined && now >= group.until;
      if (now !== undefined && !isOver) continue;
      for (const key of group.sums) {
        const sum = this.sum(key);
        if (sum) taken.push(sum);
        this.sums.delete(key);
      }
      group.sums.clear();
      if (isOver) this.groups.delete(name);
    }
    return taken;
  }

  private begin(name: string, { action }: Draft, until: number): Group {
    if (this.groups.size >= MOST_GROUPS) {
      const shared = this.groups.get(action);
      if (shared) return shared;
      name = action;
    }
    const group = { until, singles: 0, sums: new Set<string>() };
    this.groups.set(name, group);
    return group;
  }

  private keyOf(name: string, group: Group, draft: Draft): string {
    const { latest } = group;
    if (latest?.name === name && group.sums.has(latest.key) && isAlike(latest.like, draft)) {
      return latest.key;
    }
    // A stream's id differs each time: it would make every sum a sum of one.
    const subject = draft.action.startsWith('stream.') ? '' : (draft.subject ?? '');
    const fine = [name, draft.owner, subject, draft.reason, draft.address].join('\n');
    const key = group.sums.has(fine) || group.sums.size < FINE_SUMS ? fine : name;
    group.sums.add(key);
    group.latest = { name, like: draft, key };
    return key;
  }
}

/** Whether two drafts of one name have the same key. */
function isAlike(a: Draft, b: Draft): boolean {
  return (
    a.owner === b.owner &&
    a.reason === b.reason &&
    a.address === b.address &&
    (a.subject === b.subject || a.action.startsWith('stream.'))
  );
}

function firstOf(key: string, name: string, draft: Draft): Growing {
  const { detail: _, subject, reason, address, ...rest } = draft;
  const isFine = key !== name;
  return {
    ...rest,
    ...(isFine && !draft.action.startsWith('stream.') ? { subject } : {}),
    ...(isFine ? { reason, address } : {}),
    count: 1,
    until: draft.time,
  };
}

function grow(sum: Growing, draft: Draft): void {
  sum.count += 1;
  sum.until = draft.time;
  if (draft.amount !== undefined) sum.amount = (sum.amount ?? 0) + draft.amount;
}
