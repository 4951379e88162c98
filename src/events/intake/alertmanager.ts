import { hash } from 'node:crypto';
import type { FieldError } from '../../kernel/problem.js';
import { holdsCredential } from '../../kernel/redaction.js';
import type { NewEvent, Severity } from '../event.js';
import { ATTRIBUTES, isCleanText } from './attributes.js';
import { readCloudEvent } from './cloud-event.js';
import { isList, isObject, membersOf, objectOf, stringOf, type Member } from './json-text.js';
import { itemSteps, memberSteps } from './json-steps.js';
import { TimeSlice } from '../../kernel/time-slice.js';
import {
  invalidEvent,
  MAX_ALERTS,
  MAX_EVENT_BYTES,
  tooManyAlerts,
  type IntakeContext,
} from './limits.js';
import { cutToBytes, shortenMembers } from './shorten.js';

/** Alertmanager 0.6 and later; Grafana's unified alerting sends the same form as version 1. */
const VERSIONS = ['4', '1'];

/** Greatest size of an alert that is kept whole. The rest of the event's size is for the attributes. */
const WHOLE_ALERT_BYTES = MAX_EVENT_BYTES - 16 * 1024;
/** Bytes that each part of a larger alert may take. */
const LABELS_BYTES = 20 * 1024;
const ANNOTATIONS_BYTES = 20 * 1024;
const COPIED_BYTES = 8 * 1024;
/** Characters of an alert above which it is reduced before it is read: reading it does not pause. */
const LARGE_ALERT = 256 * 1024;
/** Characters of labels, of annotations and of each other value that are left of a large alert. */
const LEFT_OF_LARGE = 64 * 1024;
/** Characters of the members of a notification that are not its alerts. */
const LONGEST_MEMBER = 16 * 1024;
/** Bytes of the summary, which repeats an annotation. */
const SUMMARY_BYTES = 2048;

const SEVERITIES: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'crit', 'page', 'fatal', 'emergency', 'emerg', 'panic', 'disaster'],
  error: ['error', 'err', 'high', 'major'],
  warn: ['warning', 'warn', 'medium', 'minor'],
  info: [],
};
const SEVERITY_OF = new Map(
  Object.entries(SEVERITIES).flatMap(([severity, words]) =>
    words.map((word) => [word, severity as Severity] as const),
  ),
);

/** Fields of an alert that are copied into `data` unchanged, under another name. */
const COPIED: readonly (readonly [field: string, name: string])[] = [
  ['startsAt', 'starts_at'],
  ['endsAt', 'ends_at'],
  ['generatorURL', 'generator_url'],
  // Of Grafana.
  ['values', 'values'],
  ['valueString', 'value_string'],
  ['dashboardURL', 'dashboard_url'],
  ['panelURL', 'panel_url'],
  ['silenceURL', 'silence_url'],
  ['imageURL', 'image_url'],
];

/** One alert: the JSON text of an object. */
export interface Alert {
  readonly json: string;
  /** It was too large to be read as a whole. */
  readonly reduced: boolean;
}

/** A notification: its alerts and what it says about all of them. */
export interface AlertGroup {
  readonly alerts: readonly Alert[];
  /** JSON text. */
  readonly receiver: string | undefined;
}

/**
 * Reads Alertmanager's webhook payload. Ignores fields that it does not use, because later
 * versions may add some.
 * @param json compact
 * @throws ProblemError invalid_event when it is not such a payload, too_large
 */
export async function readAlertGroup(json: string): Promise<AlertGroup> {
  if (!isObject(json)) throw invalidEvent([{ field: '/', message: 'must be a JSON object' }]);
  const slice = new TimeSlice();
  const payload = new Map(
    await inSlices(
      slice,
      memberSteps(
        json,
        (name, length) =>
          name === 'alerts' || (['version', 'receiver'].includes(name) && length <= LONGEST_MEMBER),
      ),
    ),
  );
  const errors: FieldError[] = [];
  if (!VERSIONS.includes(stringOf(payload.get('version')) ?? '')) {
    errors.push({
      field: '/version',
      message: 'must be "4" (Alertmanager 0.6 and later) or "1" (Grafana)',
    });
  }
  const list = payload.get('alerts') ?? '';
  // Go writes a list without items as null.
  const alerts: Alert[] = [];
  if (isList(list)) {
    for (const item of itemSteps(list)) {
      await slice.next();
      if (item === undefined) continue;
      const reduced = item.length > LARGE_ALERT && isObject(item);
      const alert = reduced ? await inSlices(slice, reducedAlert(item)) : item;
      const index = alerts.push({ json: alert, reduced }) - 1;
      if (index === MAX_ALERTS) throw tooManyAlerts();
      if (!isObject(alert)) {
        errors.push({ field: `/alerts/${index}`, message: 'must be an object' });
      }
    }
  } else if (list !== 'null') {
    errors.push({ field: '/alerts', message: 'must be a list' });
  }
  if (errors.length > 0) throw invalidEvent(errors);
  return { alerts, receiver: payload.get('receiver') };
}

/** Takes the steps, with pauses, to their result. */
async function inSlices<T>(slice: TimeSlice, steps: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await slice.next();
  }
}

/** What is left of an alert of megabytes: its first labels and annotations, and short values. */
function* reducedAlert(json: string): Generator<undefined, string> {
  const bounded = (most: number) => {
    let left = LEFT_OF_LARGE;
    return (name: string, length: number) => {
      const isKept = length <= most && name.length + length <= left;
      if (isKept) left -= name.length + length;
      return isKept;
    };
  };
  const keepShort = bounded(LONGEST_MEMBER);
  const isOpen = (name: string) => name === 'labels' || name === 'annotations';
  const members = yield* memberSteps(
    json,
    (name, length) => isOpen(name) || keepShort(name, length),
  );
  const parts: Member[] = [];
  for (const [name, value] of members) {
    if (isOpen(name) && isObject(value)) {
      parts.push([name, objectOf(yield* memberSteps(value, bounded(LONGEST_MEMBER)))]);
    } else if (value.length <= LONGEST_MEMBER) {
      parts.push([name, value]);
    }
  }
  return objectOf(parts);
}

/**
 * Makes an event of one alert. Alertmanager drops a notification that is refused, so no
 * alert is invalid: a value that fits no attribute is cut or replaced there, and stays
 * whole in `data`. The id consists of the alert's fingerprint, its start and its state,
 * so a retry is a duplicate.
 */
export function alertEvent(
  { json, reduced }: Alert,
  receiver: string | undefined,
  context: IntakeContext,
): NewEvent {
  const alert = new Map(membersOf(json));
  const labels = objectMembers(alert.get('labels'));
  const annotations = objectMembers(alert.get('annotations'));
  const labelText = (name: string) => textOf(lastOf(labels, name));
  const status = stringOf(alert.get('status')) === 'resolved' ? 'resolved' : 'firing';
  const name = labelText('alertname') ?? 'alert';
  const module = labelText('module') ?? labelText('service') ?? labelText('job') ?? 'alertmanager';
  const summary = textOf(lastOf(annotations, 'summary')) ?? `${name} is ${status}`;
  const severity = SEVERITY_OF.get(labelText('severity')?.trim().toLowerCase() ?? '');
  const whole = !reduced && Buffer.byteLength(json) <= WHOLE_ALERT_BYTES;
  const kept = (members: Member[], bytes: number) =>
    whole ? members : shortenMembers(members, bytes);
  return readCloudEvent(
    [
      ['specversion', '"1.0"'],
      ['id', JSON.stringify(identityOf(alert, status))],
      ['source', '"/alertmanager"'],
      ['type', `"vx11.alert.${status}"`],
      ['subject', attributeText('subject', name)],
      ['severity', JSON.stringify((status === 'firing' ? severity : undefined) ?? 'info')],
      ['module', attributeText('module', module)],
      ['datacontenttype', '"application/json"'],
      [
        'data',
        objectOf([
          ['summary', JSON.stringify(cutToBytes(summary, SUMMARY_BYTES))],
          ['labels', objectOf(kept(labels, LABELS_BYTES))],
          ['annotations', objectOf(kept(annotations, ANNOTATIONS_BYTES))],
          ...kept(copiedMembers(alert, status), COPIED_BYTES),
          ['receiver', receiver],
          ['shortened', whole ? undefined : 'true'],
        ]),
      ],
    ],
    context,
  );
}

/** An id that is equal for every notification about one alert in one state. */
function identityOf(alert: ReadonlyMap<string, string>, status: string): string {
  const fingerprint = textOf(alert.get('fingerprint')) ?? labelsHash(alert.get('labels'));
  const id = `${fingerprint}/${textOf(alert.get('startsAt')) ?? ''}/${status}`;
  const fits = Buffer.byteLength(id) <= (ATTRIBUTES['id']?.bytes ?? 0);
  return fits && isCleanText(id) && !holdsCredential(id) ? id : hash('sha256', id);
}

/** 16 hexadecimal digits, as a fingerprint has; the order of the labels does not count. */
function labelsHash(json: string | undefined): string {
  const labels = objectMembers(json)
    .map(([name, value]) => JSON.stringify([name, textOf(value) ?? value]))
    .toSorted();
  return hash('sha256', labels.join()).slice(0, 16);
}

/** Leaves out `endsAt` of a firing alert, which is a guess of Alertmanager or the year 1. */
function copiedMembers(alert: ReadonlyMap<string, string>, status: string): Member[] {
  return COPIED.flatMap(([field, as]) => {
    const json = field === 'endsAt' && status === 'firing' ? undefined : alert.get(field);
    return json === undefined ? [] : [[as, json] as const];
  });
}

/** The members of an object; none for any other value, such as null. */
function objectMembers(json: string | undefined): Member[] {
  return json !== undefined && isObject(json) ? membersOf(json) : [];
}

function lastOf(members: readonly Member[], name: string): string | undefined {
  return members.findLast(([candidate]) => candidate === name)?.[1];
}

/** A string or a number as text; labels of other senders may be numbers. */
function textOf(json: string | undefined): string | undefined {
  if (json === undefined || json === 'null' || isObject(json) || isList(json)) return undefined;
  return (stringOf(json) ?? json) || undefined;
}

/** The text as JSON, cut to the attribute's length, with control characters replaced. */
function attributeText(attribute: string, text: string): string {
  const clean = text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return JSON.stringify(cutToBytes(clean, ATTRIBUTES[attribute]?.bytes ?? 0));
}
