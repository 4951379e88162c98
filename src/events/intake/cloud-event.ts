import type { FieldError } from '../../kernel/problem.js';
import { holdsCredential } from '../../kernel/redaction.js';
import { encodeText, type NewEvent, type Severity } from '../event.js';
import {
  ATTRIBUTES,
  extensionFault,
  isBase64,
  isTraceparent,
  textFault,
  type AttributeRule,
} from './attributes.js';
import { glimpseOf, objectOf, stringOf, type Member } from './json-text.js';
import { invalidEvent, type IntakeContext } from './limits.js';
import { cutToBytes } from './shorten.js';

/** Attributes that identify an event. They are refused rather than masked: two masked ids could be equal. */
const IDENTIFYING = ['id', 'source', 'type'];
const DATA = ['data', 'data_base64'];
const RULES = Object.entries(ATTRIBUTES);
/** Both are left out when `traceparent` is not valid. */
const TRACE_CONTEXT = ['traceparent', 'tracestate'];

/**
 * Reads one CloudEvent from the members of its JSON form. Checks it against CloudEvents 1.0
 * and our limits, and adds `time`, `severity`, `module` and `correlationid` where they are
 * absent. Every value keeps the text that its producer wrote.
 * @param pointer JSON pointer to the event in the request, for `errors[].field`
 * @throws ProblemError invalid_event naming every fault
 */
export function readCloudEvent(
  members: Iterable<Member>,
  context: IntakeContext,
  pointer = '',
): NewEvent {
  const errors: FieldError[] = [];
  const fault = (name: string, message: string) =>
    errors.push({ field: `${pointer}/${name.slice(0, 64)}`, message });
  const given = presentMembers(members, fault);
  const text = (name: string) => stringOf(given.get(name));

  for (const [name, rule] of RULES) {
    const json = given.get(name);
    const message = attributeFault(json, rule);
    if (message) fault(name, message);
    if (json === '""') given.delete(name);
  }
  if (!isTraceparent(text('traceparent') ?? '')) {
    if (given.has('traceparent')) for (const name of TRACE_CONTEXT) given.delete(name);
  }
  const extensions = [...given].filter(
    ([name]) => !Object.hasOwn(ATTRIBUTES, name) && !DATA.includes(name),
  );
  for (const [name, json] of extensions) {
    const message = extensionFault(name, json);
    if (message) fault(name, message);
  }
  if (given.has('data_base64')) {
    if (given.has('data')) fault('data_base64', 'must not be sent together with data');
    if (!isBase64(text('data_base64') ?? '*')) fault('data_base64', 'must be Base64 (RFC 4648)');
  }

  const source = text('source') ?? '';
  const severity = (text('severity') ?? 'info') as Severity;
  const module = text('module') ?? moduleOf(source);
  const of = (name: string, otherwise?: string): [string, string | undefined] => [
    name,
    given.get(name) ?? (otherwise === undefined ? undefined : JSON.stringify(otherwise)),
  ];
  const json = objectOf([
    of('specversion'),
    of('id'),
    of('source'),
    of('type'),
    of('subject'),
    of('time', given.has('time') ? undefined : new Date(context.now).toISOString()),
    of('severity', severity),
    of('module', module),
    of('correlationid', context.correlationId),
    ...extensions,
    of('datacontenttype'),
    of('dataschema'),
    of('data'),
    of('data_base64'),
  ]);
  const event = encodeText(
    {
      id: text('id') ?? '',
      source,
      type: text('type') ?? '',
      severity,
      module,
      publisher: context.publisher,
      deduplicate: true,
    },
    json,
  );
  // Where nothing was masked, no attribute holds a credential.
  if (errors.length > 0 || event.json !== json) {
    for (const name of IDENTIFYING) {
      if (holdsCredential(text(name) ?? '')) fault(name, 'holds a credential; send another value');
    }
  }
  if (errors.length > 0) throw invalidEvent(errors);
  return event;
}

/**
 * The members by name. An attribute that is null counts as absent (CloudEvents JSON
 * format, section 2.2). A repeated name is a fault.
 */
function presentMembers(
  members: Iterable<Member>,
  fault: (name: string, message: string) => void,
): Map<string, string> {
  const names = new Set<string>();
  const present = new Map<string, string>();
  for (const [name, json] of members) {
    if (names.has(name)) fault(name, 'is there more than once');
    names.add(name);
    if (json !== 'null' || name === 'data') present.set(name, json);
  }
  return present;
}

function attributeFault(json: string | undefined, rule: AttributeRule): string | undefined {
  if (json === undefined) return rule.required ? 'is required' : undefined;
  const text = glimpseOf(json);
  return text === undefined ? 'must be a string' : textFault(text, rule);
}

/** `/shop/checkout` and `https://shop.example/checkout` → `checkout`. */
function moduleOf(source: string): string {
  const last = source.split(/[?#]/, 1)[0]?.split('/').findLast(Boolean);
  return last === undefined ? 'unknown' : cutToBytes(last, ATTRIBUTES['module']?.bytes ?? 0);
}
