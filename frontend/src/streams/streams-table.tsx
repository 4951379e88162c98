import { zone } from '../events/settings.js';
import { clockTime, day, fullTime, zoneLabel } from '../ui/time.js';
import { nowThere } from '../ui/clock.js';
import { count, duration } from '../ui/format.js';
import { Seen } from '../ui/seen.js';
import { TableRegion } from '../ui/table-region.js';
import { clientName } from './client-name.js';
import type { Rates } from './rates.js';
import { filterWords, type StreamRow } from './stream-row.js';

interface StreamsTableProps {
  streams: readonly StreamRow[];
  rates: Rates;
  /** Ids of the streams of this browser. */
  yours: ReadonlySet<string>;
  /** What to say when there are no rows. */
  empty: string;
  /** There is more than one. */
  showsInstances: boolean;
  onEnd: (stream: StreamRow) => void;
  onRevoke: (principal: string) => void;
}

/** The roles are explicit: on a phone the rows are cards, and the browser drops the table's roles. */
export function StreamsTable(props: StreamsTableProps) {
  const { streams, rates, yours, empty, showsInstances, onEnd, onRevoke } = props;
  return (
    <TableRegion label="Open streams">
      <table class="data" role="table">
        <thead>
          <tr>
            <th scope="col">Principal</th>
            <th scope="col">Credential</th>
            <th scope="col">Open since {zoneLabel(zone.value, nowThere.value)}</th>
            <th scope="col" class="number">
              Events/s
            </th>
            <th scope="col" class="number">
              Backlog
            </th>
            <th scope="col">Filter</th>
            <th scope="col">Address</th>
            <th scope="col">Client</th>
            {showsInstances && <th scope="col">Instance</th>}
            <th scope="col" class="row-actions">
              Actions
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {streams.map((stream) => (
            <tr key={stream.id} role="row">
              <th scope="row" role="rowheader">
                {stream.principal_id} {yours.has(stream.id) && <span class="you">this is you</span>}
              </th>
              <td role="cell">
                <span class={`credential ${stream.credential}`}>{stream.credential}</span>
              </td>
              <td role="cell">
                <time
                  dateTime={stream.opened_at}
                  title={fullTime(Date.parse(stream.opened_at), zone.value)}
                >
                  {sinceWords(Date.parse(stream.opened_at))}
                </time>{' '}
                <span class="muted open-for">
                  {duration(nowThere.value - Date.parse(stream.opened_at))}
                </span>
              </td>
              <td role="cell" class="number" data-label="events/s">
                {rateWords(rates.get(stream.id))}
              </td>
              <td
                role="cell"
                class="number"
                data-label="backlog"
                title="Bytes that the client has not read"
              >
                {bytesWords(stream.backlog_bytes)}
              </td>
              <td role="cell" class="filter">
                <Seen text={filterWords(stream.filter)} />
              </td>
              <td role="cell">{stream.address}</td>
              <td role="cell" class="user-agent" title={stream.user_agent}>
                <Seen text={clientName(stream.user_agent)} />
              </td>
              {showsInstances && <td role="cell">{stream.instance}</td>}
              <td role="cell" class="row-actions">
                <button
                  type="button"
                  aria-label={`End this stream of ${stream.principal_id}`}
                  onClick={() => onEnd(stream)}
                >
                  End
                </button>
                <button
                  type="button"
                  aria-label={`Revoke the principal ${stream.principal_id}`}
                  onClick={() => onRevoke(stream.principal_id)}
                >
                  Revoke…
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {streams.length === 0 && <p class="muted">{empty}</p>}
    </TableRegion>
  );
}

function rateWords(rate: number | undefined): string {
  if (rate === undefined) return '–';
  return rate >= 10 ? count(Math.round(rate)) : String(Number(rate.toPrecision(2)));
}

/** `0 B`, `12 kB`, `1.3 MB` */
function bytesWords(bytes: number | undefined): string {
  if (bytes === undefined) return '–';
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The time, and the day where it is another one. */
function sinceWords(ms: number): string {
  const date = day(ms, zone.value);
  const time = clockTime(ms, zone.value).slice(0, 8);
  return date === day(nowThere.value, zone.value) ? time : `${date} ${time}`;
}
