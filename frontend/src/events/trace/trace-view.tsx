import { useSignal } from '@preact/signals';
import type { OperatorEvent } from '@vx11/events-client';
import { useEffect } from 'preact/hooks';
import { messageOf } from '../../session/problem.js';
import { count } from '../../ui/format.js';
import { fullTime } from '../../ui/time.js';
import { TableRegion } from '../../ui/table-region.js';
import { summaryOf, timeOf } from '../entry.js';
import { openDetails } from '../list/selection.js';
import { openEvent, setParam, zone } from '../settings.js';
import { fetchTrace, type Trace } from './trace.js';
import { Seen } from '../../ui/seen.js';

/** All events of one correlation id, oldest first, with the time since the first one. */
export function TraceView({ id }: { id: string }) {
  const trace = useSignal<Trace | undefined>(undefined);
  const message = useSignal('');

  const load = async (): Promise<void> => {
    message.value = 'Loading the trace…';
    try {
      trace.value = await fetchTrace(id);
      message.value = '';
    } catch (error) {
      message.value = messageOf(error);
    }
  };
  useEffect(() => void load(), [id]);

  const events = trace.value?.events ?? [];
  const first = events[0] ? timeOf(events[0]) : 0;
  const last = events.at(-1);
  return (
    <section class="trace" aria-labelledby="trace-title">
      <header>
        <h2 id="trace-title">
          Trace <code>{id}</code>
        </h2>
        <span class="muted" role="status">
          {message.value !== ''
            ? message.value
            : words(events.length, last ? timeOf(last) - first : 0)}
          {trace.value?.isPart && ' (newest part of the log only)'}
        </span>
        <span class="spacer" />
        <button type="button" onClick={() => void load()}>
          Load again
        </button>
        <button type="button" onClick={() => setParam('trace', undefined)}>
          Close trace
        </button>
      </header>
      <TableRegion label="Events of the trace">
        <table class="data trace-events">
          <thead>
            <tr>
              <th scope="col">Offset</th>
              <th scope="col">Severity</th>
              <th scope="col">Module</th>
              <th scope="col">Type</th>
              <th scope="col">Summary</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <TraceRow key={event.position} event={event} offset={timeOf(event) - first} />
            ))}
          </tbody>
        </table>
      </TableRegion>
    </section>
  );
}

function TraceRow({ event, offset }: { event: OperatorEvent; offset: number }) {
  return (
    <tr data-open={openEvent.value === event.position ? '' : undefined}>
      <td>
        <time title={fullTime(timeOf(event), zone.value)}>+{count(offset)} ms</time>
      </td>
      <td>
        <span class={`severity ${event.severity}`}>{event.severity}</span>
      </td>
      <td>
        <Seen text={event.module} />
      </td>
      <td>
        <Seen text={event.type} />
      </td>
      <td>
        <button type="button" class="link" onClick={() => openDetails(event.position)}>
          <Seen text={summaryOf(event) || event.type} />
        </button>
      </td>
    </tr>
  );
}

function words(number: number, lengthMs: number): string {
  return `${count(number)} ${number === 1 ? 'event' : 'events'} in ${count(lengthMs)} ms`;
}
