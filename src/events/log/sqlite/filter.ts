import type { EventFilter, FilterSpec } from '../../../kernel/event-filter.js';

export interface SqlCondition {
  /** Begins with ` AND` unless it is empty. */
  readonly sql: string;
  readonly values: readonly string[];
}

/** The filter as a part of a WHERE clause; every value is bound, none is spelled out. */
export function filterToSql(filter: EventFilter | undefined): SqlCondition {
  const conditions = (filter?.specs ?? []).flatMap(specConditions);
  return {
    sql: conditions.map(({ sql }) => ` AND (${sql})`).join(''),
    values: conditions.flatMap(({ values }) => values),
  };
}

function specConditions(spec: FilterSpec): SqlCondition[] {
  return [
    ...(spec.severity ? [oneOf('severity', spec.severity)] : []),
    ...(spec.module ? [oneOf('module', spec.module)] : []),
    ...(spec.type ? [typeCondition(spec.type)] : []),
  ];
}

function typeCondition(types: readonly string[]): SqlCondition {
  const exact = types.filter((type) => !type.endsWith('*'));
  const prefixes = types.filter((type) => type.endsWith('*')).map((type) => type.slice(0, -1));
  // No LIKE and no GLOB: a type may hold their wildcards.
  const alternatives = [
    ...(exact.length > 0 ? [oneOf('type', exact)] : []),
    ...prefixes.map((prefix) => ({
      sql: 'substr(type, 1, length(?)) = ?',
      values: [prefix, prefix],
    })),
  ];
  return {
    sql: alternatives.map(({ sql }) => sql).join(' OR '),
    values: alternatives.flatMap(({ values }) => values),
  };
}

function oneOf(column: string, values: readonly string[]): SqlCondition {
  return { sql: `${column} IN (${values.map(() => '?').join(', ')})`, values };
}
