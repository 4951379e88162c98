import { redactJson, redactText } from '../kernel/redaction.js';
import type { Severity } from '../kernel/severity.js';
import type { Position } from './position.js';

export { SEVERITIES, type Severity } from '../kernel/severity.js';

/** An event that passed validation and waits for its position. */
export interface NewEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly severity: Severity;
  readonly module: string;
  /** Id of the principal that published it, or `SYSTEM_PUBLISHER`. */
  readonly publisher: string;
  /** The CloudEvent as JSON, one line, a non-empty object; encoded once, here. */
  readonly json: string;
  /** False for ids that we made ourselves and that therefore cannot repeat. */
  readonly deduplicate: boolean;
}

/**
 * An event whose JSON is finished except for known credentials, which are masked here, and
 * in the module, by which events are indexed and counted.
 * The log, the stream and history all send this text; nothing encodes the event again.
 * @param json compact
 */
export function encodeText(fields: Omit<NewEvent, 'json'>, json: string): NewEvent {
  const masked = redactJson(json);
  const module = masked === json ? fields.module : redactText(fields.module);
  return { ...fields, module, json: masked };
}

/** An event of the product's own making. Members without a value are left out. */
export function encode(
  publisher: string,
  event: Record<string, unknown>,
  deduplicate = true,
): NewEvent {
  const { id, source, type, severity, module } = event as Record<string, string>;
  return encodeText(
    {
      id: id ?? '',
      source: source ?? '',
      type: type ?? '',
      severity: severity as Severity,
      module: module ?? '',
      publisher,
      deduplicate,
    },
    JSON.stringify(event),
  );
}

/** The publisher of the product's own events. No principal has this id: ids hold no slash. */
export const SYSTEM_PUBLISHER = '/operator-backend';

/** An event with its place in the log. */
export interface LoggedEvent {
  readonly position: Position;
  readonly type: string;
  readonly severity: Severity;
  readonly module: string;
  /** Never part of `json`, which every reader gets. Empty in events that were kept before publishers were. */
  readonly publisher: string;
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
    publisher: event.publisher,
    json: `${event.json.slice(0, -1)},"position":"${position}"}`,
  };
}
