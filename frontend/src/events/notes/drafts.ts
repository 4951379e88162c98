import { effect, signal } from '@preact/signals';
import type { Position } from '@vx11/events-client';
import { session } from '../../session/session.js';

/**
 * What the operator has written and not sent, by the event that it is about: a draft must neither
 * go with the next event, nor be lost when its event is closed. In memory only.
 */
const drafts = signal<ReadonlyMap<Position, string>>(new Map());

/** Whose drafts they are; undefined where the browser keeps no session. */
let author: string | undefined;

// A session that ends by itself leaves the drafts to its operator, who signs in again.
effect(() => {
  const { value } = session;
  if (value.status === 'resuming' || (value.status === 'out' && value.why !== undefined)) return;
  const next = value.status === 'in' ? value.info?.principal_id : undefined;
  if (next === undefined || next !== author) drafts.value = new Map();
  author = next;
});

export function draftOf(position: Position): string {
  return drafts.value.get(position) ?? '';
}

export function keepDraft(position: Position, text: string): void {
  const next = new Map(drafts.peek());
  if (text === '') next.delete(position);
  else next.set(position, text);
  drafts.value = next;
}
