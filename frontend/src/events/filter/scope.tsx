import type { ComponentChildren } from 'preact';
import { count } from '../../ui/format.js';
import { clockTime, day } from '../../ui/time.js';
import { loadOlder, past, stopReading } from '../connection/history.js';
import { isCounting, logCount, type LogCount } from '../counts/counts-state.js';
import { acceptedAt } from '../entry.js';
import {
  eventCount,
  isHeld,
  isSearching,
  LIMIT,
  looked,
  shown,
  total,
} from '../list/list-state.js';
import { filter, zone } from '../settings.js';
import { hidesRoutine, isEmpty } from './filter.js';

/** How many events match, in which part of the log, how many are loaded, and a button for the rest. */
export function Scope() {
  const state = past.value;
  const known = logCount.value;
  const isFiltered = !isEmpty(filter.value);
  const canRead = isFiltered && (state.status === 'unknown' || state.status === 'paused');
  const isMissing = known.status !== 'whole' || known.counts.total > eventCount.value;
  return (
    <span class="shown-count">
      <span>
        {known.status === 'unknown' ? <Loaded /> : <Counted {...known} />}
        {!isFiltered && hidesRoutine(filter.value) && ', without system events'}
        {isHeld.value && ', paused'}
      </span>
      {isSearching.value && <span role="status"> · Searching…</span>}
      {isCounting.value && known.status === 'part' && <span role="status"> · Counting…</span>}
      {state.status === 'loading' && (
        <>
          <span role="status">
            {' · '}
            {state.at === undefined
              ? 'Searching the log…'
              : `Searching, back to ${moment(state.at)}`}
          </span>{' '}
          <Link onClick={stopReading}>Stop</Link>
        </>
      )}
      {canRead && isMissing && (
        <>
          {' · '}
          <Link onClick={() => void loadOlder(true)}>
            {known.status === 'whole' ? 'Load all' : 'Search the whole log'}
          </Link>
        </>
      )}
    </span>
  );
}

function Link({ onClick, children }: { onClick: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class="link" onClick={onClick}>
      {children}
    </button>
  );
}

/** What the server has counted. */
function Counted({ status, counts }: Exclude<LogCount, { status: 'unknown' }>) {
  const loaded = Math.min(eventCount.value, LIMIT);
  return (
    <>
      <b>{count(counts.total)}</b> {noun(counts.total)}{' '}
      {status === 'part' && counts.backTo !== undefined
        ? `back to ${moment(acceptedAt(counts.backTo))}`
        : `in ${where()}`}
      {loaded < counts.total && `, the newest ${count(loaded)} loaded`}
    </>
  );
}

/** What is in the list: the server cannot count this filter. */
function Loaded() {
  const number = eventCount.value;
  return (
    <>
      {!isHeld.value && number < total.value && 'The last '}
      <b>{count(number)}</b> {noun(number)} {place()}
    </>
  );
}

function noun(number: number): string {
  if (isEmpty(filter.value)) return number === 1 ? 'event' : 'events';
  return number === 1 ? 'match' : 'matches';
}

function where(): string {
  const { from, to } = filter.value;
  return from === '' && to === '' ? 'the whole log' : 'this time range';
}

/** What the number of loaded events is a part of. */
function place(): string {
  // The limit has dropped the oldest events, so how far the list reached no longer counts.
  if (!isHeld.value && eventCount.value < total.value)
    return `of ${count(total.value)} since the panel opened`;
  const { status } = past.value;
  if (status === 'complete') return `in ${where()}`;
  if (status === 'full') return `shown, the newest in ${where()}`;
  const oldest = shown.value.find(({ kind }) => kind === 'event')?.key;
  if (past.value.status === 'paused') return `back to ${moment(past.value.at)}`;
  if (isEmpty(filter.value) && oldest !== undefined) return `back to ${moment(acceptedAt(oldest))}`;
  if (eventCount.value > looked.value) return 'so far';
  return `in the last ${count(looked.value)} events`;
}

function moment(ms: number): string {
  return `${day(ms, zone.value)} ${clockTime(ms, zone.value).slice(0, 8)}`;
}
