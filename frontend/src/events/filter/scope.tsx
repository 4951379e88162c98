import { count } from '../../ui/format.js';
import { clockTime, day } from '../../ui/time.js';
import { loadOlder, past, stopReading } from '../connection/history.js';
import { acceptedAt } from '../entry.js';
import { eventCount, isHeld, isSearching, looked, shown, total } from '../list/list-state.js';
import { filter, zone } from '../settings.js';
import { hidesRoutine, isEmpty } from './filter.js';

/** How many events are shown, of which part of the log, and a way to the rest of it. */
export function Scope() {
  const state = past.value;
  const isFiltered = !isEmpty(filter.value);
  const number = eventCount.value;
  const noun = isFiltered
    ? number === 1
      ? 'match'
      : 'matches'
    : number === 1
      ? 'event'
      : 'events';
  const canSearch = isFiltered && (state.status === 'unknown' || state.status === 'paused');
  return (
    <span class="shown-count">
      <span>
        {!isHeld.value && number < total.value && 'The last '}
        <b>{count(number)}</b> {noun} {place()}
        {!isFiltered && hidesRoutine(filter.value) && ', without system events'}
        {isHeld.value && ', paused'}
      </span>
      {isSearching.value && <span role="status"> · Searching…</span>}
      {state.status === 'loading' && (
        <>
          <span role="status">
            {' · '}
            {state.at === undefined
              ? 'Searching the log…'
              : `Searching, back to ${moment(state.at)}`}
          </span>{' '}
          <button type="button" class="link" onClick={stopReading}>
            Stop
          </button>
        </>
      )}
      {canSearch && (
        <>
          {' · '}
          <button type="button" class="link" onClick={() => void loadOlder(true)}>
            Search the whole log
          </button>
        </>
      )}
    </span>
  );
}

/** What the number is a part of. */
function place(): string {
  const { from, to } = filter.value;
  // The limit has dropped the oldest: whatever the list reached before, it no longer has.
  if (!isHeld.value && eventCount.value < total.value)
    return `of ${count(total.value)} since the panel opened`;
  const where = from === '' && to === '' ? 'the whole log' : 'this time range';
  const { status } = past.value;
  if (status === 'complete') return `in ${where}`;
  if (status === 'full') return `shown, the newest in ${where}`;
  const oldest = shown.value.find(({ kind }) => kind === 'event')?.key;
  if (past.value.status === 'paused') return `back to ${moment(past.value.at)}`;
  if (isEmpty(filter.value) && oldest !== undefined) return `back to ${moment(acceptedAt(oldest))}`;
  if (eventCount.value > looked.value) return 'so far';
  return `in the last ${count(looked.value)} events`;
}

function moment(ms: number): string {
  return `${day(ms, zone.value)} ${clockTime(ms, zone.value).slice(0, 8)}`;
}
