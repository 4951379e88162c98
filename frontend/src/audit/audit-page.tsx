import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { messageOf } from '../session/problem.js';
import { jsonOf } from '../session/request.js';
import { api } from '../session/session.js';
import {
  auditQuery,
  type AuditEntry,
  type AuditFilter,
  type AuditPageAnswer,
} from './audit-entry.js';
import { AuditTable } from './audit-table.js';

const NO_FILTER: AuditFilter = { actor: '', subject: '', result: '' };

/** The audit trail, newest first. */
export function AuditPage() {
  const filter = useSignal(NO_FILTER);
  const entries = useSignal<readonly AuditEntry[]>([]);
  const next = useSignal<string | null>(null);
  const state = useSignal<'loading' | 'ready' | { readonly error: string }>('loading');

  const last = useRef(0);

  const load = async (before: string | null): Promise<void> => {
    const mine = (last.current += 1);
    state.value = 'loading';
    try {
      const answer = await jsonOf<AuditPageAnswer>(await api(auditQuery(filter.value, before)));
      // The answer to an older request belongs to another list: it would replace this one, or
      // follow it with a hole between them.
      if (mine !== last.current) return;
      entries.value = before === null ? answer.entries : [...entries.value, ...answer.entries];
      next.value = answer.next;
      state.value = 'ready';
    } catch (error) {
      if (mine === last.current)
        state.value = { error: `The audit trail could not be loaded. ${messageOf(error)}` };
    }
  };
  useEffect(() => void load(null), []);
  const narrow = (change: Partial<AuditFilter>) => {
    filter.value = { ...filter.value, ...change };
    // Those of another filter must not stand below an error.
    entries.value = [];
    next.value = null;
    void load(null);
  };

  const shown = state.value;
  return (
    <main class="page streams audit">
      <h1>Audit</h1>
      <div class="toolbar">
        <input
          type="search"
          aria-label="Actor"
          placeholder="Actor (principal)"
          onChange={(event) => narrow({ actor: event.currentTarget.value })}
        />
        <input
          type="search"
          aria-label="Target"
          placeholder="Target (principal or stream)"
          onChange={(event) => narrow({ subject: event.currentTarget.value })}
        />
        <select
          aria-label="Result"
          onChange={(event) => narrow({ result: event.currentTarget.value })}
        >
          <option value="">Any result</option>
          <option value="done">Done</option>
          <option value="refused">Refused</option>
        </select>
        <button type="button" onClick={() => void load(null)}>
          Refresh
        </button>
      </div>
      {typeof shown === 'object' && (
        <p class="notice" role="status">
          {shown.error}
        </p>
      )}
      {(typeof shown === 'string' || entries.value.length > 0) && (
        <AuditTable entries={entries.value} isLoading={shown === 'loading'} />
      )}
      {next.value !== null && (
        <p>
          <button
            type="button"
            disabled={shown === 'loading'}
            onClick={() => void load(next.value)}
          >
            Older entries
          </button>
        </p>
      )}
    </main>
  );
}
