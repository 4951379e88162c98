import { randomUUID } from 'node:crypto';
import { ProblemError } from '../../kernel/problem.js';
import type { NewEvent } from '../event.js';
import { contentTypeOf, isUtf8, readBinaryForm, type DistinctHeaders } from './binary-form.js';
import { readCloudEvent } from './cloud-event.js';
import { isList, isObject, itemsOf, membersOf } from './json-text.js';
import {
  batchTooLong,
  eventTooLarge,
  invalidEvent,
  MAX_BATCH_EVENTS,
  MAX_EVENT_BYTES,
  readJsonText,
  type IntakeContext,
} from './limits.js';
import { plainField, readPlainForm } from './plain-form.js';
import type { FieldOf } from './rights.js';

/** The four ways in which a request carries events. */
type Form = 'structured' | 'batch' | 'binary' | 'plain';

export interface ReadEvents {
  readonly events: readonly NewEvent[];
  readonly fieldOf: FieldOf;
}

/**
 * The events of a request, all valid or none.
 * @throws ProblemError invalid_event, too_large, unsupported_media_type
 */
export function readEvents(
  headers: DistinctHeaders,
  body: Buffer,
  context: IntakeContext,
): ReadEvents {
  const form = formOf(headers);
  const attribute: FieldOf = (_, name) => `/${name}`;
  switch (form) {
    case 'structured':
      return { events: [readCloudEvent(membersOf(readOne(body)), context)], fieldOf: attribute };
    case 'batch':
      return {
        events: readBatch(readJsonText(body, 2), context),
        fieldOf: (index, name) => `/${index}/${name}`,
      };
    case 'binary':
      if (body.length > MAX_EVENT_BYTES) throw eventTooLarge('The event');
      return {
        events: [readCloudEvent(readBinaryForm(headers, body), context)],
        fieldOf: attribute,
      };
    case 'plain':
      return {
        events: [readPlainForm(membersOf(readOne(body)), context, randomUUID())],
        fieldOf: (_, name) => plainField(`/${name}`),
      };
    default:
      return form satisfies never;
  }
}

/** CloudEvents HTTP binding 1.0.2, section 3: the Content-Type decides, then `ce-` headers. */
function formOf(headers: DistinctHeaders): Form {
  const { type, charset } = contentTypeOf(headers['content-type']?.[0]);
  if (type.startsWith('application/cloudevents')) {
    if (isUtf8(charset) && type === 'application/cloudevents+json') return 'structured';
    if (isUtf8(charset) && type === 'application/cloudevents-batch+json') return 'batch';
  } else if (BINARY_HEADERS.some((name) => name in headers)) {
    return 'binary';
  } else if (isUtf8(charset) && type === 'application/json') {
    return 'plain';
  }
  throw new ProblemError(
    'unsupported_media_type',
    'Send application/cloudevents+json, application/cloudevents-batch+json, ce-* headers with any body, or application/json; JSON in UTF-8.',
  );
}

/** One of them is enough, so that a missing one is reported as such. */
const BINARY_HEADERS = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type'];

/** The JSON text of a request that holds one event. */
function readOne(body: Buffer): string {
  const json = readJsonText(body, 1);
  if (!isObject(json)) throw invalidEvent([{ field: '/', message: 'must be a JSON object' }]);
  if (Buffer.byteLength(json) > MAX_EVENT_BYTES) throw eventTooLarge('The event');
  return json;
}

function readBatch(json: string, context: IntakeContext): NewEvent[] {
  if (!isList(json)) {
    throw invalidEvent([{ field: '/', message: 'a batch must be a JSON list' }]);
  }
  const items = itemsOf(json);
  if (items.length > MAX_BATCH_EVENTS) throw batchTooLong(items.length);
  return items.map((item, index) => {
    if (!isObject(item)) {
      throw invalidEvent([{ field: `/${index}`, message: 'must be a JSON object' }]);
    }
    if (Buffer.byteLength(item) > MAX_EVENT_BYTES) throw eventTooLarge(`Event ${index}`);
    return readCloudEvent(membersOf(item), context, `/${index}`);
  });
}
