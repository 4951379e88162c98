import { loadOlder, past } from '../connection/history.js';
import { eventCount, LIMIT, origin } from './list-state.js';
import { filter, zone } from '../settings.js';
import { isEmpty } from '../filter/filter.js';
import { count } from '../../ui/format.js';
import { fullTime } from '../../ui/time.js';

/** The line below the oldest event: what lies behind it, honestly. */
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
  if (origin.value === undefined) return 'Waiting for the stream…';
  switch (state.status) {
    case 'unknown':
      return '';
    case 'loading':
      return 'Reading the past…';
    case 'complete':
      return nothing
        ? `No events${matching} in the log. New ones appear here at once.`
        : `The log begins here.`;
    case 'full':
      return `The panel shows at most ${count(LIMIT)} events. Narrow the filter to see older ones.`;
    case 'paused':
      return (
        <>
          {nothing ? `No events${matching} since` : 'Read back to'} {fullTime(state.at, zone.value)}
          .{' '}
          <button type="button" onClick={() => void loadOlder()}>
            Read on
          </button>
        </>
      );
    case 'failed':
      return (
        <>
          The past could not be read. {state.message}{' '}
          <button type="button" onClick={() => void loadOlder()}>
            Try again
          </button>
        </>
      );
    default:
      return state satisfies never;
  }
}
