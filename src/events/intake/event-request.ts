import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isNestedDeeper, MAX_NESTING } from '../../kernel/nesting.js';
import { ProblemError } from '../../kernel/problem.js';
import {
  invalidEvent,
  isObject,
  MAX_EVENT_BYTES,
  readCloudEvent,
  type IntakeContext,
} from './cloud-event.js';
import type { NewEvent } from '../event.js';

export const MAX_BATCH_BYTES = 1024 * 1024;
export const MAX_BATCH_EVENTS = 500;

/** The four ways in which a request carries events. */
type Form = 'structured' | 'batch' | 'binary' | 'plain';

/**
 * The events of a request, all valid or none.
 * @throws ProblemError invalid_event, too_large, unsupported_media_type
 */
export function readEvents(
  headers: IncomingHttpHeaders,
  body: Buffer,
  context: IntakeContext,
): NewEvent[] {
  const form = formOf(headers);
  if (form !== 'batch' && body.length > MAX_EVENT_BYTES) throw eventTooLarge('The event');
  switch (form) {
    case 'structured':
      return [readCloudEvent(parseJsonBody(body), context)];
    case 'batch':
      return readBatch(parseJsonBody(body), context);
    case 'binary':
      return [readCloudEvent(fromHeaders(headers, body), context)];
    case 'plain':
      return [readPlain(parseJsonBody(body), context)];
    default:
      return form satisfies never;
  }
}

/** CloudEvents HTTP binding 1.0.2, section 3: the Content-Type decides, then `ce-` headers. */
function formOf(headers: IncomingHttpHeaders): Form {
  const [mediaType = '', ...parameters] = (headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (utf8) {
    if (mediaType === 'application/cloudevents+json') return 'structured';
    if (mediaType === 'application/cloudevents-batch+json') return 'batch';
    if (!mediaType.startsWith('application/cloudevents') && 'ce-specversion' in headers) {
      return 'binary';
    }
    if (mediaType === 'application/json') return 'plain';
  }
  throw new ProblemError(
    'unsupported_media_type',
    'Send application/cloudevents+json, application/cloudevents-batch+json, ce-* headers with any body, or application/json; in UTF-8.',
  );
}

function readBatch(batch: unknown, context: IntakeContext): NewEvent[] {
  if (!Array.isArray(batch)) {
    throw invalidEvent([{ field: '/', message: 'a batch must be a JSON list' }]);
  }
  if (batch.length > MAX_BATCH_EVENTS) {
    throw new ProblemError(
      'too_large',
      `The batch has ${batch.length} events; send at most ${MAX_BATCH_EVENTS} in one.`,
    );
  }
  return batch.map((raw: unknown, index) => {
    if (Buffer.byteLength(JSON.stringify(raw)) > MAX_EVENT_BYTES)
      throw eventTooLarge(`Event ${index}`);
    return readCloudEvent(raw, context, `/${index}`);
  });
}

/** The body is the data, and Content-Type its type. */
const NOT_IN_HEADERS = new Set(['data', 'data_base64', 'datacontenttype']);

function fromHeaders(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-')) continue;
    const attribute = name.slice(3);
    if (NOT_IN_HEADERS.has(attribute) || typeof value !== 'string') {
      throw invalidEvent([{ field: `/${attribute}`, message: 'does not belong in a ce- header' }]);
    }
    event[attribute] = percentDecode(value, attribute);
  }
  const contentType = headers['content-type'];
  if (contentType !== undefined) event['datacontenttype'] = contentType;
  if (body.length === 0) return event;
  if (contentType === undefined || /^application\/(?:.+\+)?json\b/i.test(contentType)) {
    return { ...event, data: parseJsonBody(body) };
  }
  if (/^text\//i.test(contentType)) return { ...event, data: decode(body) };
  return { ...event, data_base64: body.toString('base64') };
}

/** CloudEvents HTTP binding 1.0.2, section 3.1.3.2. */
function percentDecode(value: string, attribute: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalidEvent([{ field: `/${attribute}`, message: 'is not valid percent-encoded UTF-8' }]);
  }
}

const PLAIN_FIELDS = new Set([
  'event_type',
  'module',
  'severity',
  'summary',
  'payload',
  'correlation_id',
]);

/** The short form for scripts: `{"event_type","module","severity","summary","payload","correlation_id"}`. */
function readPlain(raw: unknown, context: IntakeContext): NewEvent {
  if (!isObject(raw)) throw invalidEvent([{ field: '/', message: 'must be a JSON object' }]);
  const errors = Object.keys(raw)
    .filter((name) => !PLAIN_FIELDS.has(name))
    .map((name) => ({ field: `/${name.slice(0, 64)}`, message: 'is not a field of this form' }));
  for (const name of ['event_type', 'module']) {
    if (raw[name] === undefined) errors.push({ field: `/${name}`, message: 'is required' });
  }
  if (raw['summary'] !== undefined && typeof raw['summary'] !== 'string') {
    errors.push({ field: '/summary', message: 'must be a string' });
  }
  if (errors.length > 0) throw invalidEvent(errors);
  try {
    return {
      ...readCloudEvent(
        {
          specversion: '1.0',
          id: randomUUID(),
          source: `/${encodeURIComponent(String(raw['module']).toWellFormed())}`,
          type: raw['event_type'],
          module: raw['module'],
          severity: raw['severity'],
          correlationid: raw['correlation_id'],
          datacontenttype: 'application/json',
          data: { summary: raw['summary'], payload: raw['payload'] },
        },
        context,
      ),
      deduplicate: false,
    };
  } catch (error) {
    throw error instanceof ProblemError ? inPlainWords(error) : error;
  }
}

/** The caller wrote `event_type`, not `type`: name the faults by its own fields. */
function inPlainWords(problem: ProblemError): ProblemError {
  const names: Record<string, string> = {
    '/type': '/event_type',
    '/correlationid': '/correlation_id',
    '/source': '/module',
  };
  return invalidEvent(
    (problem.errors ?? []).map(({ field, message }) => ({ field: names[field] ?? field, message })),
  );
}

/** @throws ProblemError invalid_event */
export function parseJsonBody(body: Buffer): unknown {
  const text = decode(body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidEvent([{ field: '/', message: 'the body is not valid JSON' }]);
  }
  if (isNestedDeeper(value)) {
    throw invalidEvent([{ field: '/', message: `is nested deeper than ${MAX_NESTING} levels` }]);
  }
  return value;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(body: Buffer): string {
  try {
    return UTF8.decode(body);
  } catch {
    throw invalidEvent([{ field: '/', message: 'the body is not valid UTF-8' }]);
  }
}

export function eventTooLarge(what: string): ProblemError {
  return new ProblemError(
    'too_large',
    `${what} is larger than ${MAX_EVENT_BYTES} bytes. Nothing was taken. Publish a reference to large data instead.`,
  );
}
