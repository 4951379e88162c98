import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hrefOf } from '../app/route.js';
import { acceptedAt, SEVERITIES } from '../events/entry.js';
import type { Frequencies } from '../events/counts/log-counts.js';
import type { Counts } from '../events/list/live-list.js';
import { zone } from '../events/settings.js';
import { usePolled, type Polled } from '../session/poll.js';
import { nowThere } from '../ui/clock.js';
import { ago, count, duration } from '../ui/format.js';
import { fullTime } from '../ui/time.js';
import { Age } from './age.js';
import { NO_ALERTS, nextPath, withPage, type Page } from './alert-log.js';
import { EventLink } from './event-link.js';
import { failingModules, firingAlerts } from './incidents.js';
import { Pinned } from './pinned.js';
import { serverNow } from '../ui/server-clock.js';
import { Seen } from '../ui/seen.js';

const EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MOST_SHOWN = 6;

/** What happens in the operator's own system: alerts, rates, failing modules, newest criticals. */
export function EventsSection() {
  const [criticals] = usePolled<Page>(
    `/events?severity=critical&limit=${MOST_SHOWN}&system=false`,
    EVERY_MS,
  );
  return (
    <section aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <div class="incidents">
        <Alerts />
        <Rates />
        <FailingModules />
        <Newest state={criticals.value} />
        <Pinned />
      </div>
    </section>
  );
}

function Alerts() {
  const log = useSignal(NO_ALERTS);
  const [state, ask] = usePolled<Page>(() => nextPath(log.peek()), EVERY_MS);
  const page = useComputed(() => state.value.value);
  // In the same turn, so that no request asks for this page again.
  useEffect(
    () =>
      page.subscribe((value) => {
        if (!value) return;
        const [known, hasMore] = withPage(log.peek(), value);
        log.value = known;
        if (hasMore) ask();
      }),
    [page],
  );
  const { events, read, before } = log.value;
  const firing = firingAlerts(events);
  const critical = firing.filter(({ event }) => event.severity === 'critical');
  return (
    <article class={critical.length > 0 ? 'incident bad' : 'incident'}>
      <Heading of={state.value}>Alerts firing</Heading>
      <p class="incident-figure">
        {before && <span>at least</span>}
        <b>{before === undefined ? '–' : count(firing.length)}</b>
        {critical.length > 0 && (
          <span class="severity critical">{count(critical.length)} critical</span>
        )}
        {before && <span class="muted">of the last {count(read)} alert events</span>}
      </p>
      <ul>
        {firing.slice(0, MOST_SHOWN).map(({ event, since }) => (
          <li key={event.position}>
            <EventLink event={event} />
            <span class="muted">for {duration(nowThere.value - since)}</span>
          </li>
        ))}
      </ul>
      {firing.length === 0 && before === null && <p class="muted">No alert is firing.</p>}
    </article>
  );
}

/** The title of a card, with the age of what it shows. */
function Heading({ of, children }: { of: Polled<unknown>; children: string }) {
  return (
    <header>
      <h3>{children}</h3>
      <Age {...of} everyMs={EVERY_MS} />
    </header>
  );
}

/** The one whose answer is older, or missing. */
function older(one: Polled<unknown>, other: Polled<unknown>): Polled<unknown> {
  return (one.at ?? 0) <= (other.at ?? 0) ? one : other;
}

/** A count of the server since some time ago. */
const countSince = (ms: number, query: string) => () =>
  `/events/counts?since=${serverNow() - ms}&${query}`;

/** Of the operator's system: without routine reports of VX11 about itself. */
function Rates() {
  const [state] = usePolled<{ severity: Counts }>(
    countSince(MINUTE_MS, 'by=severity&system=false'),
    EVERY_MS,
  );
  const counts = state.value.value?.severity;
  return (
    <article class="incident">
      <Heading of={state.value}>Events in the last minute</Heading>
      <ul class="rates">
        {SEVERITIES.toReversed().map((severity) => (
          <li key={severity}>
            <a href={hrefOf('events', new URLSearchParams({ severity }))}>
              <span class={`severity ${severity}`}>{severity}</span>
            </a>
            <b>{counts ? count(counts[severity]) : '–'}</b>
          </li>
        ))}
      </ul>
    </article>
  );
}

function FailingModules() {
  const [errors] = usePolled<{ module: Frequencies }>(
    countSince(HOUR_MS, 'by=module&severity=error'),
    EVERY_MS,
  );
  const [criticals] = usePolled<{ module: Frequencies }>(
    countSince(HOUR_MS, 'by=module&severity=critical'),
    EVERY_MS,
  );
  const modules = failingModules(
    errors.value.value?.module ?? [],
    criticals.value.value?.module ?? [],
  ).slice(0, MOST_SHOWN);
  return (
    <article class="incident">
      <Heading of={older(errors.value, criticals.value)}>Modules that fail most, last hour</Heading>
      {modules.length === 0 && errors.value.value && (
        <p class="muted">No error in the last hour.</p>
      )}
      <ul>
        {modules.map(({ module, error, critical }) => (
          <li key={module}>
            <a
              class="event-words"
              title={module}
              href={hrefOf(
                'events',
                new URLSearchParams({
                  severity: 'error,critical',
                  is: `module:${module}`,
                  from: '-1h',
                }),
              )}
            >
              <Seen text={module} />
            </a>
            <span>
              {critical > 0 && <b>{count(critical)} critical </b>}
              {error > 0 && `${count(error)} ${error === 1 ? 'error' : 'errors'}`}
            </span>
          </li>
        ))}
      </ul>
    </article>
  );
}

function Newest({ state }: { state: Polled<Page> }) {
  const events = state.value?.events;
  const newest = events?.toReversed() ?? [];
  return (
    <article class={newest.length > 0 ? 'incident wide' : 'incident'}>
      <Heading of={state}>Newest critical events</Heading>
      {events?.length === 0 && <p class="muted">No critical event in the whole log.</p>}
      <ul>
        {newest.map((event) => {
          const at = acceptedAt(event.position);
          return (
            <li key={event.position}>
              <EventLink event={event} />
              <time class="muted" title={fullTime(at, zone.value)}>
                {ago(nowThere.value - at)}
              </time>
            </li>
          );
        })}
      </ul>
    </article>
  );
}
