import { useSignal } from '@preact/signals';
import { useSearched } from '../session/poll.js';
import { session } from '../session/session.js';
import { now } from '../ui/clock.js';
import { count, duration } from '../ui/format.js';
import { CreateDialog, RotateDialog } from './credential-dialogs.js';
import { EndingDialog, RestoreDialog, type Ending } from './ending-dialogs.js';
import type { PrincipalList, PrincipalRow } from './principal-row.js';
import { PrincipalsTable, type PrincipalAct } from './principals-table.js';

const EVERY_MS = 5_000;

export function PrincipalsPage() {
  const query = useSignal('');
  const [state, refresh, isSearching] = useSearched<PrincipalList>(
    '/principals',
    EVERY_MS,
    query,
    ({ principals, total }) => total !== undefined && total > principals.length,
  );
  const isCreating = useSignal(false);
  const act = useSignal<{ name: PrincipalAct; row: PrincipalRow } | undefined>(undefined);
  const { value, at = 0, error } = state;
  const rows = (value?.principals ?? []).filter((row) => matches(row, query.value));
  const own = session.value.status === 'in' ? session.value.info?.principal_id : undefined;
  const close = () => (act.value = undefined);

  return (
    <main class="page streams principals">
      <h1>Principals</h1>
      {error && (
        <p class="notice">
          <span role="status">The list of principals could not be loaded. {error.message}</span>
          {/* Not read out: it changes every second. */}
          {value && ` What is shown is ${duration(now.value - at)} old.`}
        </p>
      )}
      {!value && !error && <p class="muted">Loading the principals…</p>}
      {value && (
        <>
          <div class="toolbar">
            <input
              type="search"
              aria-label="Search principals"
              placeholder="Id, status, scope …"
              maxLength={256}
              value={query.value}
              onInput={(event) => (query.value = event.currentTarget.value)}
            />
            <button type="button" class="primary" onClick={() => (isCreating.value = true)}>
              New principal…
            </button>
            <span class="shown-count" role="status">
              {isSearching
                ? 'Searching…'
                : `${count(rows.length)} of ${count(value.total ?? value.principals.length)} principals`}
              {!isSearching && value.next !== null && ', the first by their ids'}
            </span>
          </div>
          <PrincipalsTable
            rows={rows}
            own={own}
            empty={isSearching ? '' : 'No principal matches the search.'}
            onAct={(name, row) => (act.value = { name, row })}
          />
        </>
      )}
      {isCreating.value && (
        <CreateDialog onDone={refresh} onClose={() => (isCreating.value = false)} />
      )}
      {act.value?.name === 'rotate' && (
        <RotateDialog id={act.value.row.id} onDone={refresh} onClose={close} />
      )}
      {act.value?.name === 'restore' && (
        <RestoreDialog id={act.value.row.id} onDone={refresh} onClose={close} />
      )}
      {act.value !== undefined && isEnding(act.value.name) && (
        <EndingDialog
          ending={act.value.name}
          row={act.value.row}
          isOwn={act.value.row.id === own}
          onDone={refresh}
          onClose={close}
        />
      )}
    </main>
  );
}

function isEnding(name: PrincipalAct): name is Ending {
  return name === 'disable' || name === 'delete';
}

function matches(row: PrincipalRow, query: string): boolean {
  const text = [row.id, row.source, row.status, row.comment, ...row.scopes].join(' ');
  return text.toLowerCase().includes(query.trim().toLowerCase());
}
