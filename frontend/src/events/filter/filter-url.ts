import { SEVERITIES } from '../entry.js';
import { NO_FILTER, type Condition, type Filter } from './filter.js';

/** Filter → parameters of the page's address. A path is written `data.order.id`, each name encoded. */
export function toParams(filter: Filter): [string, string][] {
  const params: [string, string][] = [];
  if (filter.severities.length > 0) params.push(['severity', filter.severities.join(',')]);
  for (const condition of filter.is) params.push(['is', encode(condition)]);
  for (const condition of filter.not) params.push(['not', encode(condition)]);
  if (filter.text !== '') params.push(['q', filter.text]);
  if (filter.regex) params.push(['re', '1']);
  return params;
}

/** The reverse; what cannot be read is left out, for an address is often cut or mistyped. */
export function fromParams(params: URLSearchParams): Filter {
  const chosen = params.get('severity')?.split(',') ?? [];
  return {
    ...NO_FILTER,
    severities: SEVERITIES.filter((severity) => chosen.includes(severity)),
    is: params.getAll('is').flatMap(decode),
    not: params.getAll('not').flatMap(decode),
    text: params.get('q') ?? '',
    regex: params.get('re') === '1',
  };
}

/**
 * The part of the filter that the server knows, for pages of the past; it
 * narrows, and what comes is filtered here again.
 */
export function toServerQuery(filter: Filter): [string, string][] {
  const params: [string, string][] = [];
  if (filter.severities.length > 0) params.push(['severity', filter.severities.join(',')]);
  for (const field of ['module', 'type']) {
    const values = filter.is.filter(({ path }) => path.length === 1 && path[0] === field);
    // The server reads a comma as a list, and a star at the end as a prefix.
    if (values.some(({ value }) => value.includes(',') || value === '')) continue;
    for (const { value } of values) params.push([field, value]);
  }
  return params;
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
