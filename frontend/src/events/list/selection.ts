import { effect, signal, untracked } from '@preact/signals';
import type { Position } from '@vx11/events-client';
import { updateParams } from '../../app/route.js';
import { hold, rows, setHold, toggleBurst } from './list-state.js';
import { openEvent, setParam } from '../settings.js';

/** Key of the row that the keyboard is at. */
export const selected = signal<string | undefined>(undefined);

/** Whether the newest row is in sight; set by the list. */
export const isAtTop = signal(true);

effect(() => {
  const { value } = openEvent;
  // The browser's Back closes the details as well.
  if (value === undefined) untracked(release);
  else selected.value = value;
});

/** Shows the details and holds the list, so that the event does not move while it is read. */
export function openDetails(position: Position): void {
  holdForReading();
  if (openEvent.peek() === undefined)
    updateParams('push', (params) => params.set('event', position));
  else setParam('event', position);
}

/** Closes the details, or else clears the selection; releases a list that was held for reading. */
export function closeDetails(): void {
  if (openEvent.value === undefined) selected.value = undefined;
  else setParam('event', undefined);
  release();
}

/** Lets a list go on that was held for reading, unless the operator has scrolled down. */
function release(): void {
  if (hold.value === 'reading' && isAtTop.value) setHold(undefined);
}

/**
 * Goes down (positive) or up (negative) by that many rows, and on to the next row that
 * can be opened; details that are open follow.
 */
export function move(steps: number): void {
  const list = rows.value;
  const start = list.findIndex(({ key }) => key === selected.value);
  if (start === -1 && steps < 0) return;
  const direction = steps < 0 ? -1 : 1;
  let index = Math.min(list.length - 1, Math.max(0, start + steps));
  while (list[index] && !isSelectable(index)) index += direction;
  // At the edge of the list the last row that can be opened is behind us.
  if (!list[index])
    for (index -= direction; list[index] && !isSelectable(index);) index -= direction;
  const row = list[index];
  if (!row || row.key === selected.value) return;
  holdForReading();
  selected.value = row.key;
  if (openEvent.value !== undefined && row.kind === 'event') setParam('event', row.key);
}

/** Enter: the details of an event, the members of a burst. */
export function activate(): void {
  const row = rows.value.find(({ key }) => key === selected.value);
  if (row?.kind === 'event') openDetails(row.key);
  if (row?.kind === 'burst') {
    holdForReading();
    toggleBurst(row.key);
  }
}

function isSelectable(index: number): boolean {
  const kind = rows.value[index]?.kind;
  return kind === 'event' || kind === 'burst';
}

function holdForReading(): void {
  if (hold.value === undefined) setHold('reading');
}
