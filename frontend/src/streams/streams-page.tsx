import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { RateMeter } from './rates.js';
import { useSearched } from '../session/poll.js';
import { session } from '../session/session.js';
import { connection } from '../events/connection/feed.js';
import { now } from '../ui/clock.js';
import { count, duration } from '../ui/format.js';
import { skew } from '../ui/server-clock.js';
import { clientName } from './client-name.js';
import { EndDialog, RevokeDialog } from './dialogs.js';
import type { StreamList, StreamRow } from './stream-row.js';
import { StreamsTable } from './streams-table.js';

const EVERY_MS = 5_000;
/** Rows that are shown; among thousands of streams operators search. */
const MOST = 200;

export function StreamsPage() {
  const query = useSignal('');
  const [state, refresh, isSearching] = useSearched<StreamList>(
    '/streams',
    EVERY_MS,
    query,
    ({ streams: listed, total }) => total > listed.length,
  );
  const ending = useSignal<StreamRow | undefined>(undefined);
  const revoking = useSignal<string | undefined>(undefined);
  const meter = useRef(new RateMeter());
  const { value, at = 0, error } = state;
  // What the server has searched is not searched again: a client's name is short for what it sent.
  const isSearched = state.path !== '/streams' && !isSearching && value?.matching !== undefined;
  const streams = (value?.streams ?? []).filter((row) => isSearched || matches(row, query.value));
  const isCut = value !== undefined && (value.matching ?? value.total) > value.streams.length;
  const yours = ownStreams(value?.streams ?? []);

  return (
    <main class="page streams">
      <h1>Streams</h1>
      {error && (
        <p class="notice">
          <span role="status">The list of streams could not be loaded. {error.message}</span>
          {/* Not read out: it changes every second. */}
          {value && ` What is shown is ${duration(now.value - at)} old.`}
        </p>
      )}
      {!value && !error && <p class="muted">Loading the streams…</p>}
      {value && value.silent_instances > 0 && (
        <p class="notice" role="status">
          {value.silent_instances === 1
            ? 'One instance did not answer in time: its streams are missing here.'
            : `${value.silent_instances} instances did not answer in time: their streams are missing here.`}
        </p>
      )}
      {value && (
        <>
          <div class="toolbar">
            <input
              type="search"
              aria-label="Search streams"
              placeholder="Principal, address, client …"
              maxLength={256}
              value={query.value}
              onInput={(event) => (query.value = event.currentTarget.value)}
            />
            <span class="shown-count" role="status">
              {isSearching
                ? 'Searching…'
                : `${count(Math.min(MOST, streams.length))} of ${count(value.total)} open streams`}
              {!isSearching &&
                (isCut
                  ? `; the server lists the newest ${count(value.streams.length)}`
                  : value.total === value.streams.length &&
                    value.total > 0 &&
                    ` (${byCredential(value.streams)})`)}
            </span>
          </div>
          <StreamsTable
            streams={ownFirst(streams, yours).slice(0, MOST)}
            rates={meter.current.measure(value.streams, at)}
            yours={yours}
            empty={isSearching ? '' : emptyWords(query.value)}
            showsInstances={new Set(value.streams.map(({ instance }) => instance)).size > 1}
            onEnd={(row) => (ending.value = row)}
            onRevoke={(principal) => (revoking.value = principal)}
          />
        </>
      )}
      {ending.value && (
        <EndDialog
          stream={ending.value}
          isOwn={yours.has(ending.value.id)}
          onDone={refresh}
          onClose={() => (ending.value = undefined)}
        />
      )}
      {revoking.value !== undefined && (
        <RevokeDialog
          principal={revoking.value}
          isOwn={(value?.streams ?? []).some(
            ({ id, principal_id: principal }) => yours.has(id) && principal === revoking.value,
          )}
          onDone={refresh}
          onClose={() => (revoking.value = undefined)}
        />
      )}
    </main>
  );
}

/** How exactly the server's clock is known, with what opening a stream takes, milliseconds. */
const CLOCK_SKEW_MS = 5_000;

/** The streams that this browser has open: same principal and client, opened when its stream was. */
function ownStreams(rows: readonly StreamRow[]): ReadonlySet<string> {
  const state = connection.value;
  const since = state.status === 'live' ? state.since + skew.value : undefined;
  const own = session.value.status === 'in' ? session.value.info?.principal_id : undefined;
  const same = rows.filter(
    ({ principal_id: principal, user_agent: agent, opened_at: opened }) =>
      principal === (own ?? principal) &&
      agent === navigator.userAgent &&
      since !== undefined &&
      Math.abs(Date.parse(opened) - since) < CLOCK_SKEW_MS,
  );
  return new Set(same.map(({ id }) => id));
}

function ownFirst(rows: readonly StreamRow[], yours: ReadonlySet<string>): readonly StreamRow[] {
  const isOwn = ({ id }: StreamRow) => yours.has(id);
  return [...rows.filter(isOwn), ...rows.filter((row) => !isOwn(row))];
}

function emptyWords(query: string): string {
  return query.trim() === '' ? 'No stream is open.' : 'No open stream matches the search.';
}

function matches(row: StreamRow, query: string): boolean {
  const { principal_id: principal, credential, address, user_agent: agent, instance, id } = row;
  const text = [principal, credential, address, agent, clientName(agent), instance, id].join(' ');
  return text.toLowerCase().includes(query.trim().toLowerCase());
}

/** `20 ephemeral, 1 principal` */
function byCredential(rows: readonly StreamRow[]): string {
  const counts = new Map<string, number>();
  for (const { credential } of rows) counts.set(credential, (counts.get(credential) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([credential, times]) => `${count(times)} ${credential}`)
    .join(', ');
}
