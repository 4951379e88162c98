import { NEIGHBOURS, type Principal } from '../../auth/principal.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { FILTER_FIELDS, type FilterField } from '../../kernel/filter-spec.js';
import { ProblemError, type FieldError } from '../../kernel/problem.js';
import { remembered } from '../../kernel/remembered.js';
import { SYSTEM_PUBLISHER, type NewEvent } from '../event.js';
import { MAX_FAULTS } from './limits.js';

/** Prefix of the types of the product's own events. */
const RESERVED_TYPES = 'vx11.';
/** Prefix of the types that a neighbour may publish from its own source. */
const NEIGHBOUR_TYPES = 'vx11.neighbour.';
/** Sources that only the product and its neighbours may use. */
const RESERVED_SOURCES: readonly string[] = [
  SYSTEM_PUBLISHER,
  '/operator-frontend',
  '/tentaculo-link',
  '/alertmanager',
  ...NEIGHBOURS.map(sourceOf),
];

function sourceOf(neighbour: string): string {
  return `/${neighbour}`;
}

/** JSON pointer to an attribute of the event at `index` in the request. */
export type FieldOf = (index: number, attribute: string) => string;

/**
 * Refuses events outside the principal's filter: it may publish what it may read.
 * @throws ProblemError insufficient_scope naming what lies outside the filter
 */
export function mustBeInFilter(
  principal: Principal,
  events: readonly NewEvent[],
  fieldOf: FieldOf,
): void {
  const filters = FILTER_FIELDS.map((field) => ({
    field,
    filter: EventFilter.of({ [field]: principal.filter?.[field] }),
  }));
  const errors = events.flatMap((event, index) =>
    filters
      .filter(({ filter }) => !filter.matches(event))
      .map(({ field }) => ({
        field: fieldOf(index, field),
        message: `${valueOf(event, field)} is outside the filter of this principal`,
      })),
  );
  refuse('This principal may publish only what its own filter lets it read.', errors);
}

function valueOf(event: NewEvent, field: FilterField): string {
  return field === 'subject' ? 'the subject' : `"${event[field].slice(0, 128)}"`;
}

/**
 * Refuses the product's own types and sources. A neighbour may use its own source.
 * @throws ProblemError insufficient_scope
 */
export function mustNotBeReserved(
  principal: Principal,
  events: readonly NewEvent[],
  fieldOf: FieldOf,
): void {
  const own = new Set((principal.neighbours ?? []).map(sourceOf));
  const errors: FieldError[] = [];
  for (const [index, event] of events.entries()) {
    const source = reservedSource(event.source);
    const isOwn = source !== undefined && own.has(source);
    const type = shown(event.type);
    const reserved = (attribute: string) =>
      errors.push({
        field: fieldOf(index, attribute),
        message: 'is reserved for the product itself',
      });
    if (type.startsWith(RESERVED_TYPES) && !(isOwn && type.startsWith(NEIGHBOUR_TYPES))) {
      reserved('type');
    }
    if (source !== undefined && !isOwn) reserved('source');
  }
  refuse('Types that begin with "vx11." and the sources of the product are reserved.', errors);
}

/** Characters that nobody sees, and spaces. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{White_Space}]+/gu;

/** A text as its readers take it: no case, no other widths, nothing that cannot be seen. */
const shown = remembered((text) => text.normalize('NFKC').replace(UNSEEN, '').toLowerCase());

/** The reserved source that this one equals or lies below, in any spelling. */
const reservedSource = remembered((source): string | undefined => {
  // Three slashes begin a path (RFC 3986, section 3.3: the authority is empty); WHATWG URL takes a host.
  const url = new URL(source.replace(/^\/{3,}/, '/'), 'http://product.invalid/');
  if (url.host !== 'product.invalid') return undefined;
  const first = shown(decoded(url.pathname)).split(/[/;]/).find(Boolean);
  return RESERVED_SOURCES.find((reserved) => reserved === `/${first}`);
});

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A `%` that begins no escape: the path is compared as it is.
    return path;
  }
}

function refuse(why: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw new ProblemError('insufficient_scope', `${why} Nothing of the request was taken.`, {
    errors: errors.slice(0, MAX_FAULTS),
  });
}
