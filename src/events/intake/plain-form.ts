import { ProblemError, type FieldError } from '../../kernel/problem.js';
import type { NewEvent } from '../event.js';
import { readCloudEvent } from './cloud-event.js';
import { objectOf, stringOf, type Member } from './json-text.js';
import { invalidEvent, type IntakeContext } from './limits.js';

/** The form's fields, and the attribute that each one becomes. */
const FIELDS: Readonly<Record<string, string>> = {
  event_type: 'type',
  module: 'module',
  severity: 'severity',
  summary: 'data',
  payload: 'data',
  correlation_id: 'correlationid',
};
const REQUIRED = ['event_type', 'module'];

/**
 * The short form for scripts: `{"event_type","module","severity","summary","payload","correlation_id"}`.
 * @param id of the event; the caller makes a new one for each request
 */
export function readPlainForm(
  members: readonly Member[],
  context: IntakeContext,
  id: string,
): NewEvent {
  const errors = fieldFaults(members);
  if (errors.length > 0) throw invalidEvent(errors);
  const given = new Map(members);
  const source = `/${encodeURIComponent((stringOf(given.get('module')) ?? '').toWellFormed())}`;
  try {
    const event = readCloudEvent(
      [
        ['specversion', '"1.0"'],
        ['id', JSON.stringify(id)],
        ['source', JSON.stringify(source)],
        ...named(given, 'event_type', 'module', 'severity', 'correlation_id'),
        ['datacontenttype', '"application/json"'],
        ['data', objectOf(pick(given, 'summary', 'payload'))],
      ],
      context,
    );
    return { ...event, deduplicate: false };
  } catch (error) {
    throw error instanceof ProblemError ? inPlainWords(error) : error;
  }
}

function fieldFaults(members: readonly Member[]): FieldError[] {
  const names = members.map(([name]) => name);
  const fault = (name: string, message: string) => ({ field: `/${name.slice(0, 64)}`, message });
  return [
    ...names
      .filter((name) => !Object.hasOwn(FIELDS, name))
      .map((name) =>
        fault(name, name === 'specversion' ? CLOUD_EVENT : 'is not a field of this form'),
      ),
    ...names
      .filter((name, index) => names.indexOf(name) < index)
      .map((name) => fault(name, 'is there more than once')),
    ...REQUIRED.filter((name) => !names.includes(name)).map((name) => fault(name, 'is required')),
    ...members
      .filter(([name, json]) => name === 'summary' && !json.startsWith('"'))
      .map(([name]) => fault(name, 'must be a string')),
  ];
}

const CLOUD_EVENT =
  'is not a field of this form; send CloudEvents with Content-Type application/cloudevents+json';

function named(given: ReadonlyMap<string, string>, ...fields: string[]): Member[] {
  return pick(given, ...fields).map(([field, json]) => [FIELDS[field] ?? field, json]);
}

function pick(given: ReadonlyMap<string, string>, ...names: string[]): Member[] {
  return names.flatMap((name) => {
    const json = given.get(name);
    return json === undefined ? [] : [[name, json] as const];
  });
}

/** Renames the fields in faults: the request has `event_type` where the event has `type`. */
function inPlainWords(problem: ProblemError): ProblemError {
  return invalidEvent(
    (problem.errors ?? []).map(({ field, message }) => ({ field: plainField(field), message })),
  );
}

/** `/type` → `/event_type`. The source is made of the module. */
export function plainField(pointer: string): string {
  if (pointer === '/source') return '/module';
  const field = Object.keys(FIELDS).find((name) => `/${FIELDS[name]}` === pointer);
  return field === undefined ? pointer : `/${field}`;
}
