import { isDate } from '../../kernel/calendar.js';
import { remembered } from '../../kernel/remembered.js';
import { SEVERITIES } from '../event.js';

/** The rule for one attribute of an event. */
export interface AttributeRule {
  readonly required?: true;
  /** Greatest length, bytes of UTF-8. */
  readonly bytes: number;
  /** Whether an empty value is taken as absent. */
  readonly mayBeEmpty?: true;
  readonly valid?: (text: string) => boolean;
  readonly hint?: string;
}

/** CloudEvents 1.0.2, "Context Attributes", and our own extensions. */
export const ATTRIBUTES: Readonly<Record<string, AttributeRule>> = {
  specversion: { required: true, bytes: 8, valid: (text) => text === '1.0', hint: 'must be "1.0"' },
  id: { required: true, bytes: 2048 },
  source: {
    required: true,
    bytes: 2048,
    valid: remembered(isUriReference),
    hint: 'must be a URI reference (RFC 3986)',
  },
  type: { required: true, bytes: 256 },
  subject: { bytes: 2048 },
  time: {
    bytes: 256,
    valid: isTimestamp,
    hint: 'must be a timestamp of RFC 3339, as 2026-01-31T09:30:00Z',
  },
  severity: {
    bytes: 16,
    mayBeEmpty: true,
    valid: (text) => (SEVERITIES as readonly string[]).includes(text),
    hint: `must be one of ${SEVERITIES.join(', ')}`,
  },
  module: { bytes: 128, mayBeEmpty: true },
  correlationid: { bytes: 1024, mayBeEmpty: true },
  datacontenttype: { bytes: 256, valid: isMediaType, hint: 'must be a media type' },
  dataschema: {
    bytes: 2048,
    valid: remembered((text) => URL.canParse(text)),
    hint: 'must be an absolute URI',
  },
};

const EXTENSION_NAME = /^[a-z0-9]{1,64}$/;
// CloudEvents 1.0.2, "Type System": an integer has no fraction and no exponent.
const INTEGER = /^-?(?:0|[1-9]\d{0,9})$/;
// RFC 3339, section 5.6; letters in either case, any number of fraction digits.
const TIME =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)t(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.\d+)?(?:z|(?<sign>[+-])(?<offsetHour>\d\d):(?<offsetMinute>\d\d))$/i;
/** What most producers send: valid in every month, in UTC. */
const USUAL_TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/;
const DAY_MINUTES = 24 * 60;
/** Most bytes of a UTF-16 unit in UTF-8. */
const BYTES_PER_UNIT = 3;
// W3C Trace Context, section 3.2.2; only versions after 00 may have more at the end.
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const TRACEPARENT_00_LENGTH = 55;
// CloudEvents 1.0.2, "Type System": no control characters, and valid Unicode.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;.*)?$/;

/** Returns what is wrong with the text of an attribute, or `undefined`. */
export function textFault(text: string, rule: AttributeRule): string | undefined {
  if (text === '') return rule.mayBeEmpty ? undefined : 'must not be empty';
  if (text.length > rule.bytes / BYTES_PER_UNIT && Buffer.byteLength(text) > rule.bytes)
    return `must have at most ${rule.bytes} bytes`;
  if (!isCleanText(text)) return 'must not hold control characters or broken Unicode';
  return rule.valid && !rule.valid(text) ? rule.hint : undefined;
}

/** Returns what is wrong with an extension attribute, or `undefined`. @param json its value */
export function extensionFault(name: string, json: string): string | undefined {
  if (!EXTENSION_NAME.test(name)) return 'attribute names have 1 to 64 of a-z and 0-9';
  if (name === 'position') return 'is given by the log, not by the producer';
  if (json === 'true' || json === 'false') return undefined;
  if (/^[-\d]/.test(json)) return isInt32(json) ? undefined : 'must be a 32-bit integer';
  if (!json.startsWith('"')) return 'must be a string, a boolean or a 32-bit integer';
  const text = JSON.parse(json) as string;
  return isCleanText(text) ? undefined : 'must not hold control characters or broken Unicode';
}

/** Whether the value is valid; an invalid one is ignored (W3C Trace Context, section 4.3). */
export function isTraceparent(text: string): boolean {
  return (
    TRACEPARENT.test(text) && (text.length === TRACEPARENT_00_LENGTH || !text.startsWith('00'))
  );
}

export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/** Whether the text is Base64 with padding (RFC 4648, section 4). */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

export function isCleanText(text: string): boolean {
  return !CONTROL.test(text) && text.isWellFormed();
}

function isInt32(json: string): boolean {
  return INTEGER.test(json) && Number(json) >= -(2 ** 31) && Number(json) < 2 ** 31;
}

function isTimestamp(text: string): boolean {
  if (USUAL_TIME.test(text)) return true;
  const parts = TIME.exec(text)?.groups;
  if (!parts) return false;
  const part = (name: string) => Number(parts[name] ?? 0);
  if (!isDate(part('year'), part('month'), part('day'))) return false;
  if (part('hour') > 23 || part('minute') > 59) return false;
  if (part('offsetHour') > 23 || part('offsetMinute') > 59) return false;
  if (part('second') < 60) return true;
  const offset =
    Number(`${parts['sign'] ?? '+'}1`) * (part('offsetHour') * 60 + part('offsetMinute'));
  // A leap second is 23:59:60 in UTC.
  const minuteOfDay = (part('hour') * 60 + part('minute') - offset + 2 * DAY_MINUTES) % DAY_MINUTES;
  return part('second') === 60 && minuteOfDay === DAY_MINUTES - 1;
}

function isUriReference(text: string): boolean {
  return !/[\s<>"{}|\\^`]/.test(text) && URL.canParse(text, 'http://base.invalid/');
}
