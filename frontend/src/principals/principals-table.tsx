import { zone } from '../events/settings.js';
import { count } from '../ui/format.js';
import { fullTime, zoneLabel } from '../ui/time.js';
import { Seen } from '../ui/seen.js';
import { TableRegion } from '../ui/table-region.js';
import { filterWords, type PrincipalRow } from './principal-row.js';

export type PrincipalAct = 'rotate' | 'disable' | 'restore' | 'delete';

interface PrincipalsTableProps {
  rows: readonly PrincipalRow[];
  /** The id that this browser is signed in with. */
  own: string | undefined;
  /** What to say when there are no rows. */
  empty: string;
  onAct: (act: PrincipalAct, row: PrincipalRow) => void;
}

/** The roles are explicit: on a phone the rows are cards, and the browser drops the table's roles. */
export function PrincipalsTable({ rows, own, empty, onAct }: PrincipalsTableProps) {
  return (
    <TableRegion label="Principals">
      <table class="data" role="table">
        <thead>
          <tr>
            <th scope="col">Principal</th>
            <th scope="col">Status</th>
            <th scope="col">Scopes</th>
            <th scope="col">Filter</th>
            <th scope="col">Expires</th>
            <th scope="col">Streams</th>
            <th scope="col">Comes from</th>
            <th scope="col" class="row-actions">
              Actions
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={row.id} role="row">
              <th scope="row" role="rowheader" title={row.comment ?? undefined}>
                {row.id} {row.id === own && <span class="you">this is you</span>}
              </th>
              <td role="cell">
                <span class={`principal-status ${row.status}`}>{row.status}</span>
              </td>
              <td role="cell">{row.scopes.join(', ') || 'none'}</td>
              <td role="cell" class="filter">
                <Seen text={filterWords(row.filter)} />
              </td>
              <td role="cell" data-label="expires">
                {row.expires_at === null ? (
                  'never'
                ) : (
                  <time dateTime={row.expires_at} title={timeOf(row.expires_at)}>
                    {timeOf(row.expires_at).slice(0, MINUTE_CHARS)}{' '}
                    {zoneLabel(zone.value, Date.parse(row.expires_at))}
                  </time>
                )}
              </td>
              <td role="cell" data-label="streams">
                {count(row.streams)}
              </td>
              <td role="cell" data-label="from">
                {SOURCES[row.source]}
              </td>
              <td role="cell" class="row-actions">
                {actsOn(row).map(([act, label, spoken = label]) => (
                  <button
                    // One button, which keeps the focus: disabled, a principal can be restored.
                    key={act === 'restore' ? 'disable' : act}
                    type="button"
                    aria-label={`${spoken} ${row.id}`}
                    onClick={() => onAct(act, row)}
                  >
                    {label}…
                  </button>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="muted">{empty}</p>}
    </TableRegion>
  );
}

const SOURCES: Readonly<Record<PrincipalRow['source'], string>> = {
  managed: 'this page',
  configured: 'configuration',
  issuer: 'issuer',
};

/** What can be done to it: the act, the label, and what a screen reader says before the id. */
function actsOn({
  source,
  status,
}: PrincipalRow): (readonly [act: PrincipalAct, label: string, spoken?: string])[] {
  const isOff = status === 'disabled' || status === 'revoked';
  return [
    ...(source === 'managed' ? ([['rotate', 'New token', 'New token for']] as const) : []),
    isOff ? (['restore', 'Restore'] as const) : (['disable', 'Disable'] as const),
    ...(source === 'managed' ? ([['delete', 'Delete']] as const) : []),
  ];
}

/** `2027-01-31 12:00` */
const MINUTE_CHARS = 16;

function timeOf(iso: string): string {
  return fullTime(Date.parse(iso), zone.value);
}
