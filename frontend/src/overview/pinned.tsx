import { useSignal } from '@preact/signals';
import { comparePositions, type OperatorEvent, type Position } from '@vx11/events-client';
import { useEffect } from 'preact/hooks';
import { hrefOf } from '../app/route.js';
import { fetchEvent } from '../events/connection/history.js';
import { acceptedAt } from '../events/entry.js';
import { annotations, notesReadTo } from '../events/notes/notes-state.js';
import { zone } from '../events/settings.js';
import { fullTime } from '../ui/time.js';
import { EventLink } from './event-link.js';

const MOST_SHOWN = 6;

/** What operators have pinned, the newest pin first. */
export function Pinned() {
  const pinned = [...annotations.value].flatMap(([position, { pinned: mark, acknowledged }]) =>
    mark ? [{ position, mark, acknowledged }] : [],
  );
  const readTo = notesReadTo.value;
  if (pinned.length === 0 && !readTo) return null;
  const newest = pinned.toSorted((a, b) => comparePositions(b.mark.position, a.mark.position));
  return (
    <article class="incident pinned">
      <h3>Pinned</h3>
      <ul>
        {newest.slice(0, MOST_SHOWN).map(({ position, mark, acknowledged }) => (
          <li key={position}>
            <PinnedEvent position={position} />
            <span class="muted">
              {fullTime(acceptedAt(position), zone.value).slice(0, 19)}, pinned by {mark.by}
              {acknowledged && `, acknowledged by ${acknowledged.by}`}
            </span>
          </li>
        ))}
      </ul>
      {readTo && (
        <p class="muted">
          Pins set before {fullTime(acceptedAt(readTo), zone.value).slice(0, 19)} were not read.
        </p>
      )}
    </article>
  );
}

function PinnedEvent({ position }: { position: Position }) {
  const event = useSignal<OperatorEvent | undefined>(undefined);
  const instead = useSignal('Loading…');
  useEffect(() => {
    fetchEvent(position).then(
      (found) => {
        event.value = found;
        instead.value = 'No longer in the log';
      },
      // The ages of the other cards show that the server does not answer; the link still works.
      () => (instead.value = 'Pinned event'),
    );
  }, [position]);
  if (event.value) return <EventLink event={event.value} />;
  return <a href={hrefOf('events', new URLSearchParams({ event: position }))}>{instead.value}</a>;
}
