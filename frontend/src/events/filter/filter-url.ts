import { SEVERITIES } from '../entry.js';
import { hidesRoutine, LONGEST_TEXT, NO_FILTER, type Condition, type Filter } from './filter.js';
import { boundOf, isBound, toBound } from './range.js';

/** Filter → parameters of the page's address. A path is written `data.order.id`, each name encoded. */
export function toParams(filter: Filter): [string, string][] {
  const params: [string, string][] = [];
  if (filter.severities.length > 0) params.push(['severity', filter.severities.join(',')]);
  for (const condition of filter.is) params.push(['is', encode(condition)]);
  for (const condition of filter.not) params.push(['not', encode(condition)]);
  if (filter.text !== '') params.push(['q', filter.text]);
  if (filter.regex) params.push(['re', '1']);
  if (filter.from !== '') params.push(['from', filter.from]);
  if (filter.to !== '') params.push(['to', filter.to]);
  if (filter.system) params.push(['system', '1']);
  return params;
}

/** Parameters → filter. Unreadable parts are left out: addresses get cut off or mistyped. */
export function fromParams(params: URLSearchParams): Filter {
  const chosen = params.get('severity')?.split(',') ?? [];
  const text = params.get('q') ?? '';
  const regex = params.get('re') === '1';
  return {
    ...NO_FILTER,
    severities: SEVERITIES.filter((severity) => chosen.includes(severity)),
    is: params.getAll('is').flatMap(decode),
    not: params.getAll('not').flatMap(decode),
    text: regex ? text : text.slice(0, LONGEST_TEXT),
    regex,
    from: bound(params.get('from')),
    to: bound(params.get('to')),
    system: params.get('system') === '1',
  };
}

function bound(text: string | null): string {
  return text !== null && isBound(text) ? text : '';
}

/**
 * The part of the filter that the server applies. The panel applies the whole filter to the
 * answer.
 */
export function toServerQuery(filter: Filter): [string, string][] {
  const params: [string, string][] = [];
  if (filter.severities.length > 0) params.push(['severity', filter.severities.join(',')]);
  for (const field of Object.keys(LONGEST)) {
    const values = filter.is.filter(isOf(field));
    if (!values.every(isSent)) continue;
    for (const { value } of values) params.push([field, value]);
  }
  if (filter.text !== '' && !filter.regex) params.push(['q', filter.text]);
  if (hidesRoutine(filter)) params.push(['system', 'false']);
  for (const [name, text] of [
    ['since', filter.from],
    ['until', filter.to],
  ] as const) {
    if (text !== '') params.push([name, toBound(boundOf(text)(0))]);
  }
  return params;
}

/** Attributes in the index of the log, and attributes that it reads from the events. */
const INDEXED = ['module', 'type'];
const READ = ['source', 'subject', 'correlationid'];
/** The longest values that the server takes. */
const LONGEST: Record<string, number> = {
  module: 128,
  type: 256,
  source: 2048,
  subject: 2048,
  correlationid: 1024,
};

/** The server takes a comma for a list. */
function isSent({ path: [field = ''], value }: Condition): boolean {
  return value !== '' && !value.includes(',') && value.length <= (LONGEST[field] ?? 0);
}

function isOf(...fields: string[]): (condition: Condition) => boolean {
  return ({ path: [field = '', ...rest] }) => rest.length === 0 && fields.includes(field);
}

/** Which part of the filter the server can apply. */
export function serverPart(filter: Filter): {
  /** All of it: the server's counts are those of the filter. */
  readonly isWhole: boolean;
  /** Without reading events. */
  readonly isIndexed: boolean;
  /** The conditions and the text of the filter that need no reading. */
  readonly indexed: Pick<Filter, 'is' | 'text'>;
} {
  const { is, not, text, regex } = filter;
  const indexed = is.filter(isOf(...INDEXED));
  return {
    isWhole:
      not.length === 0 &&
      !(regex && text !== '') &&
      is.every((one) => isOf(...INDEXED, ...READ)(one) && isSent(one)),
    isIndexed: text === '' && indexed.length === is.length,
    indexed: { is: indexed, text: '' },
  };
}

function encode({ path, value }: Condition): string {
  const names = path.map((name) => encodeURIComponent(name).replaceAll('.', '%2E'));
  return `${names.join('.')}:${value}`;
}

function decode(text: string): Condition[] {
  const colon = text.indexOf(':');
  if (colon < 1) return [];
  try {
    const path = text.slice(0, colon).split('.').map(decodeURIComponent);
    return [{ path, value: text.slice(colon + 1) }];
  } catch {
    return [];
  }
}
