import type { Position } from './position.js';

export const SEVERITIES = ['info', 'warn', 'error', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** An event that passed validation and waits for its position. */
export interface NewEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly severity: Severity;
  readonly module: string;
  /** The CloudEvent as JSON, one line, a non-empty object; encoded once, here. */
  readonly json: string;
  /** False for ids that we made ourselves and that therefore cannot repeat. */
  readonly deduplicate: boolean;
}

/** An event with its place in the log. */
export interface LoggedEvent {
  readonly position: Position;
  readonly type: string;
  readonly severity: Severity;
  readonly module: string;
  /** The CloudEvent as JSON, with its `position` as the last attribute. */
  readonly json: string;
}

/** `{"id":…}` → `{"id":…,"position":"…"}`: no parsing, no second encoding. */
export function placeEvent(event: Omit<LoggedEvent, 'position'>, position: Position): LoggedEvent {
  return {
    position,
    type: event.type,
    severity: event.severity,
    module: event.module,
    json: `${event.json.slice(0, -1)},"position":"${position}"}`,
  };
}
