import { loadOlder, past, stopReading } from '../connection/history.js';
import { eventCount, LIMIT, origin } from './list-state.js';
import { filter, setFilter, zone } from '../settings.js';
import { hidesRoutine, isEmpty } from '../filter/filter.js';
import { count } from '../../ui/format.js';
import { fullTime } from '../../ui/time.js';

/** The line below the oldest event: whether there are older ones. */
export function ListEnd() {
  return (
    <div class="list-end" role="status">
      {content()}
    </div>
  );
}

function content() {
  const state = past.value;
  const nothing = eventCount.value === 0;
  const matching = isEmpty(filter.value) ? '' : ' that match the filter';
  const isRange = filter.value.from !== '' || filter.value.to !== '';
  const where = isRange ? 'in this time range' : 'in the log';
  if (origin.value === undefined) return 'Waiting for the stream…';
  switch (state.status) {
    case 'unknown':
      return '';
    case 'loading':
      return (
        <>
          {state.at === undefined
            ? 'Searching older events…'
            : `Searching older events, back to ${fullTime(state.at, zone.value)}…`}{' '}
          <button type="button" onClick={stopReading}>
            Stop
          </button>
        </>
      );
    case 'complete':
      if (!nothing)
        return filter.value.from === '' ? 'The log begins here.' : 'The time range begins here.';
      return (
        <>
          No events{matching} {where}. {filter.value.to === '' && 'New ones appear here at once. '}
          {hidesRoutine(filter.value) && (
            <>
              Routine reports of the system are hidden.{' '}
              <button type="button" onClick={() => setFilter({ ...filter.value, system: true })}>
                Show system events
              </button>
            </>
          )}
        </>
      );
    case 'full':
      return `The panel shows at most ${count(LIMIT)} events. Narrow the filter or the time range to see older ones.`;
    case 'paused':
      return (
        <>
          {nothing ? `No events${matching} since` : 'Searched back to'}{' '}
          {fullTime(state.at, zone.value)}.{' '}
          <button type="button" onClick={() => void loadOlder()}>
            Search further back
          </button>
        </>
      );
    case 'failed':
      return (
        <>
          Older events could not be loaded. {state.message}{' '}
          <button type="button" onClick={() => void loadOlder()}>
            Try again
          </button>
        </>
      );
    default:
      return state satisfies never;
  }
}
