import type { OperatorEvent } from '@vx11/events-client';

/** Attributes that the list can show between the time and the summary. */
export const COLUMNS = ['module', 'type', 'source', 'subject', 'correlationid'] as const;
export type Column = (typeof COLUMNS)[number];

export const COLUMN_NAMES: Readonly<Record<Column, string>> = {
  module: 'Module',
  type: 'Type',
  source: 'Source',
  subject: 'Subject',
  correlationid: 'Correlation id',
};

const DEFAULT: readonly Column[] = ['module', 'type'];

/** `module,source` → the columns, in their usual order; what is unknown is left out. */
export function columnsFrom(text: string | null): readonly Column[] {
  if (text === null) return DEFAULT;
  const chosen = text.split(',');
  return COLUMNS.filter((column) => chosen.includes(column));
}

/** As it stands in the address; undefined for the usual columns. */
export function columnsText(columns: readonly Column[]): string | undefined {
  const text = COLUMNS.filter((column) => columns.includes(column)).join(',');
  return text === DEFAULT.join(',') ? undefined : text;
}

export function columnText(event: OperatorEvent, column: Column): string {
  return event[column] ?? '';
}

/** Widths for `grid-template-columns`. */
export function columnWidths(columns: readonly Column[]): string {
  return columns
    .map((column) => (column === 'module' ? 'minmax(90px, 140px)' : 'minmax(110px, 220px)'))
    .join(' ');
}
