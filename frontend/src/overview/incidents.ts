import type { OperatorEvent } from '@vx11/events-client';
import type { Frequencies } from '../events/counts/log-counts.js';
import { acceptedAt, SEVERITIES } from '../events/entry.js';

/** An alert of an Alertmanager that fires now. */
export interface FiringAlert {
  readonly event: OperatorEvent;
  /** Epoch milliseconds. */
  readonly since: number;
}

/**
 * The alerts that fire, the most severe first, then the newest. Their ids are `fingerprint/start/state`: the
 * last state of each decides.
 * @param events of the types `vx11.alert.*`, oldest first
 */
export function firingAlerts(events: readonly OperatorEvent[]): FiringAlert[] {
  const last = new Map<string, OperatorEvent>();
  for (const event of events) last.set(event.id.slice(0, event.id.lastIndexOf('/')), event);
  return [...last.values()]
    .filter(({ type }) => type === 'vx11.alert.firing')
    .map((event) => ({ event, since: startOf(event) }))
    .toSorted((a, b) => rankOf(b.event) - rankOf(a.event) || b.since - a.since);
}

function rankOf({ severity }: OperatorEvent): number {
  return SEVERITIES.indexOf(severity);
}

function startOf({ data, position }: OperatorEvent): number {
  const { starts_at: start } = Object(data) as { starts_at?: unknown };
  const ms = typeof start === 'string' ? Date.parse(start) : NaN;
  return Number.isNaN(ms) ? acceptedAt(position) : ms;
}

export interface FailingModule {
  readonly module: string;
  readonly error: number;
  readonly critical: number;
}

/** The modules that fail, the worst first, from the counts of each severity by module. */
export function failingModules(errors: Frequencies, criticals: Frequencies): FailingModule[] {
  const of = (counts: Frequencies, module: string) =>
    counts.find(({ value }) => value === module)?.count ?? 0;
  const modules = new Set([...criticals, ...errors].map(({ value }) => value));
  return Array.from(modules, (module) => ({
    module,
    error: of(errors, module),
    critical: of(criticals, module),
  })).toSorted(
    (a, b) => b.critical - a.critical || b.error - a.error || a.module.localeCompare(b.module),
  );
}
