import { ProblemError, type FieldError } from '../../kernel/problem.js';
import { encode, SEVERITIES, type NewEvent, type Severity } from '../event.js';

/** Largest event, bytes as its producer encoded it. */
export const MAX_EVENT_BYTES = 64 * 1024;

/** What the request says about all of its events. */
export interface IntakeContext {
  /** Epoch milliseconds; becomes `time` where the producer gave none. */
  readonly now: number;
  readonly correlationId: string;
  /** Id of the principal that publishes. */
  readonly publisher: string;
}

const EXTENSION_NAME = /^[a-z0-9]{1,40}$/;
// RFC 3339, section 5.6.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;
// W3C Trace Context, section 3.2.2.
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
// CloudEvents 1.0.2, section "Type System": no control characters, and text that is valid Unicode.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/;

interface TextRule {
  required?: boolean;
  max: number;
  valid?: (text: string) => boolean;
  hint?: string;
}

const ATTRIBUTES: Readonly<Record<string, TextRule>> = {
  specversion: { required: true, max: 8, valid: (text) => text === '1.0', hint: 'must be "1.0"' },
  id: { required: true, max: 256 },
  source: {
    required: true,
    max: 512,
    valid: isUriReference,
    hint: 'must be a URI reference (RFC 3986)',
  },
  type: { required: true, max: 256 },
  subject: { max: 512 },
  time: {
    max: 64,
    valid: isTimestamp,
    hint: 'must be a timestamp of RFC 3339, as 2026-01-31T09:30:00Z',
  },
  severity: {
    max: 16,
    valid: (text) => (SEVERITIES as readonly string[]).includes(text),
    hint: `must be one of ${SEVERITIES.join(', ')}`,
  },
  module: { max: 128 },
  correlationid: { max: 128 },
  traceparent: {
    max: 55,
    valid: (text) => TRACEPARENT.test(text),
    hint: 'must be a traceparent of W3C Trace Context',
  },
  datacontenttype: {
    max: 128,
    valid: (text) => MEDIA_TYPE.test(text),
    hint: 'must be a media type',
  },
  dataschema: {
    max: 512,
    valid: (text) => URL.canParse(text),
    hint: 'must be an absolute URI',
  },
};

/**
 * One CloudEvent in its JSON form, checked against CloudEvents 1.0 and our
 * limits, and completed: `time`, `severity`, `module`, `correlationid`.
 * @param pointer where the event stands in the request, for `errors[].field`
 * @throws ProblemError invalid_event naming every fault
 */
export function readCloudEvent(raw: unknown, context: IntakeContext, pointer = ''): NewEvent {
  const errors: FieldError[] = [];
  const fault = (name: string, message: string) =>
    errors.push({ field: `${pointer}/${name.slice(0, 64)}`, message });
  if (!isObject(raw))
    throw invalidEvent([{ field: pointer || '/', message: 'must be a JSON object' }]);

  for (const [name, rule] of Object.entries(ATTRIBUTES)) {
    const message = textFault(raw[name], rule);
    if (message) fault(name, message);
  }
  const extensions: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (
      Object.hasOwn(ATTRIBUTES, name) ||
      name === 'data' ||
      name === 'data_base64' ||
      value === null
    )
      continue;
    const message = extensionFault(name, value);
    if (message) fault(name, message);
    else extensions[name] = value as string | number | boolean;
  }
  if (raw['data'] !== undefined && raw['data_base64'] != null) {
    fault('data_base64', 'must not stand beside data');
  }
  if (raw['data_base64'] != null && !isBase64(raw['data_base64'])) {
    fault('data_base64', 'must be Base64 (RFC 4648)');
  }
  if (errors.length > 0) throw invalidEvent(errors);

  const given = raw as Record<string, string | undefined>;
  const source = given['source'] ?? '';
  const severity = (given['severity'] ?? 'info') as Severity;
  const module = given['module'] ?? moduleOf(source);
  return encode(context.publisher, {
    specversion: '1.0',
    id: given['id'],
    source,
    type: given['type'],
    subject: given['subject'] ?? undefined,
    time: given['time'] ?? new Date(context.now).toISOString(),
    severity,
    module,
    correlationid: given['correlationid'] ?? context.correlationId,
    traceparent: given['traceparent'] ?? undefined,
    ...extensions,
    datacontenttype: given['datacontenttype'] ?? undefined,
    dataschema: given['dataschema'] ?? undefined,
    data: raw['data'],
    data_base64: given['data_base64'] ?? undefined,
  });
}

export function invalidEvent(errors: FieldError[]): ProblemError {
  return new ProblemError(
    'invalid_event',
    'Nothing of the request was taken; errors names each fault. Mend them and send all of it again.',
    { errors: errors.slice(0, 50) },
  );
}

function textFault(value: unknown, rule: TextRule): string | undefined {
  if (value === undefined || value === null) return rule.required ? 'is required' : undefined;
  if (typeof value !== 'string') return 'must be a string';
  if (value === '') return 'must not be empty';
  if (value.length > rule.max) return `must have at most ${rule.max} characters`;
  if (!isCleanText(value)) return 'must not hold control characters or broken Unicode';
  return rule.valid && !rule.valid(value) ? rule.hint : undefined;
}

function extensionFault(name: string, value: unknown): string | undefined {
  if (!EXTENSION_NAME.test(name)) return 'attribute names have 1 to 40 of a-z and 0-9';
  if (name === 'position') return 'is given by the log, not by the producer';
  if (typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= 2 ** 31
      ? undefined
      : 'must be a 32-bit integer';
  }
  return textFault(value, { max: 1024 });
}

function isCleanText(text: string): boolean {
  return !CONTROL.test(text) && text.isWellFormed();
}

/** The calendar too: Date alone takes February 30th for March 2nd. */
function isTimestamp(text: string): boolean {
  if (!TIME.test(text) || Number.isNaN(Date.parse(text))) return false;
  return new Date(`${text.slice(0, 19)}Z`).getUTCDate() === Number(text.slice(8, 10));
}

function isUriReference(text: string): boolean {
  return !/[\s<>"{}|\\^`]/.test(text) && URL.canParse(text, 'http://base.invalid/');
}

function isBase64(value: unknown): boolean {
  return (
    typeof value === 'string' && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `/shop/checkout` and `https://shop.example/checkout` → `checkout`. */
function moduleOf(source: string): string {
  const last = source.split(/[?#]/, 1)[0]?.split('/').findLast(Boolean);
  return last?.slice(0, 128) ?? 'unknown';
}
