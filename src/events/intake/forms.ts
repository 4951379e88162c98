import { randomUUID } from 'node:crypto';
import { ProblemError } from '../../kernel/problem.js';
import { TimeSlice } from '../../kernel/time-slice.js';
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

/** The four forms of a request with events. */
type Form = 'structured' | 'batch' | 'binary' | 'plain';

export interface ReadEvents {
  readonly events: readonly NewEvent[];
  readonly fieldOf: FieldOf;
}

/**
 * Reads the events of a request. One invalid event makes it throw.
 * @throws ProblemError invalid_event, too_large, unsupported_media_type
 */
export async function readEvents(
  headers: DistinctHeaders,
  body: Buffer,
  context: IntakeContext,
): Promise<ReadEvents> {
  const form = formOf(headers);
  const attribute: FieldOf = (_, name) => `/${name}`;
  switch (form) {
    case 'structured':
      return {
        events: [readCloudEvent(membersOf(await readOne(body)), context)],
        fieldOf: attribute,
      };
    case 'batch':
      return {
        events: await readBatch(await readJsonText(body, 2), context),
        fieldOf: (index, name) => `/${index}/${name}`,
      };
    case 'binary':
      if (body.length > MAX_EVENT_BYTES) throw eventTooLarge('The event');
      return {
        events: [readCloudEvent(await readBinaryForm(headers, body), context)],
        fieldOf: attribute,
      };
    case 'plain':
      return {
        events: [readPlainForm(membersOf(await readOne(body)), context, randomUUID())],
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

/** One of them makes a request binary, so a missing one is reported as missing. */
const BINARY_HEADERS = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type'];

/** The JSON text of a request that holds one event. */
async function readOne(body: Buffer): Promise<string> {
  const json = await readJsonText(body, 1);
  if (!isObject(json)) throw invalidEvent([{ field: '/', message: 'must be a JSON object' }]);
  if (Buffer.byteLength(json) > MAX_EVENT_BYTES) throw eventTooLarge('The event');
  return json;
}

async function readBatch(json: string, context: IntakeContext): Promise<NewEvent[]> {
  if (!isList(json)) {
    throw invalidEvent([{ field: '/', message: 'a batch must be a JSON list' }]);
  }
  const items: string[] = [];
  for (const item of itemsOf(json)) {
    if (items.push(item) > MAX_BATCH_EVENTS) throw batchTooLong();
  }
  const slice = new TimeSlice();
  const events: NewEvent[] = [];
  for (const [index, item] of items.entries()) {
    if (!isObject(item)) {
      throw invalidEvent([{ field: `/${index}`, message: 'must be a JSON object' }]);
    }
    if (Buffer.byteLength(item) > MAX_EVENT_BYTES) throw eventTooLarge(`Event ${index}`);
    events.push(readCloudEvent(membersOf(item), context, `/${index}`));
    await slice.next();
  }
  return events;
}
