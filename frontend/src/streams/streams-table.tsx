import { zone } from '../events/settings.js';
import { fullTime } from '../ui/time.js';
import { now } from '../ui/clock.js';
import { duration } from '../ui/format.js';
import { filterWords, type StreamRow } from './stream-row.js';

interface StreamsTableProps {
  streams: readonly StreamRow[];
  onEnd: (stream: StreamRow) => void;
  onRevoke: (principal: string) => void;
}

export function StreamsTable({ streams, onEnd, onRevoke }: StreamsTableProps) {
  return (
    <div class="table-scroller" role="region" aria-label="Open streams" tabIndex={0}>
      <table class="data">
        <thead>
          <tr>
            <th scope="col">Principal</th>
            <th scope="col">Credential</th>
            <th scope="col">Open for</th>
            <th scope="col">Filter</th>
            <th scope="col">Address</th>
            <th scope="col">User agent</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => (
            <tr key={stream.id}>
              <th scope="row">{stream.principal_id}</th>
              <td>
                <span class={`credential ${stream.credential}`}>{stream.credential}</span>
              </td>
              <td>
                <time
                  dateTime={stream.opened_at}
                  title={fullTime(Date.parse(stream.opened_at), zone.value)}
                >
                  {duration(now.value - Date.parse(stream.opened_at))}
                </time>
              </td>
              <td>{filterWords(stream.filter)}</td>
              <td>{stream.address}</td>
              <td class="user-agent" title={stream.user_agent}>
                {stream.user_agent}
              </td>
              <td class="row-actions">
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
      {streams.length === 0 && <p class="muted">No open stream.</p>}
    </div>
  );
}
