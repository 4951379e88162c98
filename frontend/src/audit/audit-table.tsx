import { zone } from '../events/settings.js';
import { fullTime, zoneLabel } from '../ui/time.js';
import { TableRegion } from '../ui/table-region.js';
import { resultWords, timeWords, type AuditEntry } from './audit-entry.js';

interface AuditTableProps {
  entries: readonly AuditEntry[];
  isLoading: boolean;
}

/** The roles are explicit: on a phone the rows are cards, and the browser drops the table's roles. */
export function AuditTable({ entries, isLoading }: AuditTableProps) {
  const zoneOf = ({ time }: AuditEntry) => zoneLabel(zone.value, Date.parse(time));
  const common = entries[0] && zoneOf(entries[0]);
  return (
    <TableRegion label="Audit entries">
      <table class="data" role="table">
        <thead>
          <tr>
            <th scope="col">Time {common}</th>
            <th scope="col">Actor</th>
            <th scope="col">Action</th>
            <th scope="col">Target</th>
            <th scope="col">Result</th>
            <th scope="col">Address</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {entries.map((entry) => (
            <tr key={entry.position} role="row">
              <th scope="row" role="rowheader">
                <time dateTime={entry.time} title={fullTime(Date.parse(entry.time), zone.value)}>
                  {timeWords(entry, zone.value)}
                  {zoneOf(entry) !== common && ` ${zoneOf(entry)}`}
                </time>
              </th>
              <td role="cell">{entry.actor ?? '–'}</td>
              <td role="cell">{entry.action}</td>
              <td role="cell" class="user-agent" title={entry.subject}>
                {entry.subject ?? '–'}
              </td>
              <td role="cell" title={entry.correlation_id}>
                {resultWords(entry)}
              </td>
              <td role="cell">{entry.address ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {entries.length === 0 && (
        <p class="muted">{isLoading ? 'Loading the audit trail…' : 'No entry matches.'}</p>
      )}
    </TableRegion>
  );
}
