import {
  LABELS,
  type EventFilter,
  type Filterable,
  type Labels,
} from '../../kernel/event-filter.js';

/** Most keys of one filter. A filter with more combinations of values leaves its longest list out of its keys. */
const MOST_KEYS = 64;

/** Which part of the type is in the keys of a shape: none, all of it, or as many leading characters. */
type TypePart = 'none' | 'all' | number;

/** What the keys of several filters have in common: the attributes that they compare. */
interface Shape<T> {
  readonly severity: boolean;
  readonly module: boolean;
  readonly type: TypePart;
  readonly members: Map<string, Set<T>>;
}

interface Entry {
  readonly shape: string;
  readonly key: string;
}

/**
 * Finds the filters that match an event, without trying all of them.
 *
 * Filters that compare the same attributes have one shape, and a shape is one hash table
 * from values to filters (tuple space search: Srinivasan, Suri and Varghese, SIGCOMM 1999).
 * A type prefix is compared by its length, so prefixes of one length have one shape. An
 * event costs one look-up for each shape, and one comparison for each filter found there.
 * The number of shapes is bounded by the length of a type; it does not grow with the filters.
 */
export class FilterIndex<T extends { readonly filter: EventFilter }> {
  private readonly shapes = new Map<string, Shape<T>>();

  get isEmpty(): boolean {
    return this.shapes.size === 0;
  }

  add(member: T): void {
    for (const { shape, key } of entriesOf(member.filter)) {
      const { members } = this.shapes.get(shape) ?? this.addShape(shape);
      const found = members.get(key);
      if (found) found.add(member);
      else members.set(key, new Set([member]));
    }
  }

  /** Undoes `add`. */
  delete(member: T): void {
    for (const { shape, key } of entriesOf(member.filter)) {
      const members = this.shapes.get(shape)?.members;
      const found = members?.get(key);
      if (!members || !found?.delete(member) || found.size > 0) continue;
      members.delete(key);
      if (members.size === 0) this.shapes.delete(shape);
    }
  }

  /** Calls `visit` once for each member whose filter matches the event. */
  forEachMatch(event: Filterable, visit: (member: T) => void): void {
    for (const shape of this.shapes.values()) {
      const found = shape.members.get(keyOf(shape, event));
      if (!found) continue;
      for (const member of found) if (member.filter.matches(event)) visit(member);
    }
  }

  private addShape(name: string): Shape<T> {
    const [severity, module, type = 'none'] = name.split(' ');
    const shape = {
      severity: severity === '1',
      module: module === '1',
      type: type === 'none' || type === 'all' ? type : Number(type),
      members: new Map<string, Set<T>>(),
    } as const;
    this.shapes.set(name, shape);
    return shape;
  }
}

/** The key under which a filter of this shape lies if it matches the event. */
function keyOf(shape: Shape<unknown>, { severity, module, type }: Labels): string {
  const part = shape.type === 'none' ? '' : shape.type === 'all' ? type : type.slice(0, shape.type);
  return joined(shape.severity ? severity : '', shape.module ? module : '', part);
}

/**
 * Different for different values, whatever characters they hold: an event that had the same
 * key as another one in two shapes would be found twice. No severity holds a digit.
 */
function joined(severity: string, module: string, type: string): string {
  return `${severity}${module.length} ${module}${type}`;
}

/**
 * All keys of a filter with their shapes. An event that the filter matches has exactly one
 * of them: in the values that `allowed` returns, no type covers another.
 */
function entriesOf(filter: EventFilter): Entry[] {
  const values = new Map(LABELS.map((field) => [field, filter.allowed(field)]));
  const count = () => [...values.values()].reduce((all, list) => all * (list?.length ?? 1), 1);
  while (count() > MOST_KEYS) {
    const [longest] = [...values].toSorted(([, a], [, b]) => (b?.length ?? 0) - (a?.length ?? 0));
    values.set(longest?.[0] ?? 'severity', undefined);
  }
  const [severities, modules, types] = LABELS.map((field) => values.get(field));
  return (types ?? [undefined]).flatMap((type) => {
    const isPrefix = type?.endsWith('*') ?? false;
    const text = isPrefix ? (type ?? '').slice(0, -1) : (type ?? '');
    const part: TypePart = type === undefined ? 'none' : isPrefix ? text.length : 'all';
    const shape = `${severities ? 1 : 0} ${modules ? 1 : 0} ${part}`;
    return (severities ?? ['']).flatMap((severity) =>
      (modules ?? ['']).map((module) => ({ shape, key: joined(severity, module, text) })),
    );
  });
}
