import type { OperatorEvent } from '@vx11/events-client';
import { acceptedAt } from '../events/entry.js';

/** An alert of an Alertmanager that fires now. */
export interface FiringAlert {
  readonly event: OperatorEvent;
  /** Epoch milliseconds. */
  readonly since: number;
}

/**
 * The alerts that fire, the newest first. Their ids are `fingerprint/start/state`: the
 * last state of each decides.
 * @param events of the types `vx11.alert.*`, oldest first
 */
export function firingAlerts(events: readonly OperatorEvent[]): FiringAlert[] {
  const last = new Map<string, OperatorEvent>();
  for (const event of events) last.set(event.id.slice(0, event.id.lastIndexOf('/')), event);
  return [...last.values()]
    .filter(({ type }) => type === 'vx11.alert.firing')
    .map((event) => ({ event, since: startOf(event) }))
    .toSorted((a, b) => b.since - a.since);
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

/** The modules with the most errors since then, the worst first. */
export function failingModules(events: readonly OperatorEvent[], since: number): FailingModule[] {
  const found = new Map<string, { module: string; error: number; critical: number }>();
  for (const { module, severity, position } of events) {
    if (acceptedAt(position) < since || (severity !== 'error' && severity !== 'critical')) continue;
    const row = found.get(module) ?? { module, error: 0, critical: 0 };
    row[severity] += 1;
    found.set(module, row);
  }
  return [...found.values()].toSorted(
    (a, b) => b.critical - a.critical || b.error - a.error || a.module.localeCompare(b.module),
  );
}
