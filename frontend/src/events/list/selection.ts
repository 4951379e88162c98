import { effect, signal } from '@preact/signals';
import type { Position } from '@vx11/events-client';
import { updateParams } from '../../app/route.js';
import { hold, rows, setHold, toggleBurst } from './list-state.js';
import { openEvent, setParam } from '../settings.js';

/** Key of the row that the keyboard is at. */
export const selected = signal<string | undefined>(undefined);

/** Whether the newest row is in sight; the list tells. */
export const isAtTop = signal(true);

effect(() => {
  if (openEvent.value !== undefined) selected.value = openEvent.value;
});

/** Shows the details. Whoever reads an event does not want it to move: the list is held. */
export function openDetails(position: Position): void {
  holdForReading();
  if (openEvent.peek() === undefined)
    updateParams('push', (params) => params.set('event', position));
  else setParam('event', position);
}

/** Closes the details, or else gives up the selection; a list held for reading goes on. */
export function closeDetails(): void {
  if (openEvent.value === undefined) selected.value = undefined;
  else setParam('event', undefined);
  if (hold.value === 'reading' && isAtTop.value) setHold(undefined);
}

/** Goes to the next (1) or previous (-1) row that can be opened; details that are open follow. */
export function move(step: 1 | -1): void {
  const list = rows.value;
  let index = list.findIndex(({ key }) => key === selected.value);
  if (index === -1 && step === -1) return;
  do index += step;
  while (list[index] && !isSelectable(index));
  const row = list[index];
  if (!row) return;
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
