import type { OperatorEvent } from '@vx11/events-client';
import { rawOf } from '@vx11/events-client/raw';
import { summaryOf, type Entry } from './entry.js';
import { exactOf } from './exact.js';

const COLUMNS = [
  'position',
  'time',
  'severity',
  'module',
  'type',
  'source',
  'subject',
  'id',
  'correlationid',
] as const;

/** One JSON object a line, in the order of the log, as the server sent it. */
export function toNdjson(entries: readonly Entry[]): string {
  return eventsOf(entries)
    .map((event) => `${rawOf(event) ?? JSON.stringify(event)}\n`)
    .join('');
}

/** Without it, Excel reads UTF-8 in the code page of its user's country. */
const BYTE_ORDER_MARK = '\uFEFF';

/** RFC 4180, with a header line. */
export function toCsv(entries: readonly Entry[]): string {
  const lines = eventsOf(entries).map((event) =>
    [
      ...COLUMNS.map((name) => event[name] ?? ''),
      summaryOf(event),
      event.data === undefined ? '' : JSON.stringify(exactOf(event).data),
      event.data_base64 ?? '',
    ].map(cell),
  );
  const table = [[...COLUMNS, 'summary', 'data', 'data_base64'], ...lines];
  return BYTE_ORDER_MARK + table.map((line) => `${line.join(',')}\r\n`).join('');
}

/** How long a browser may take to begin with the file, milliseconds. */
const READ_WITHIN_MS = 60_000;

/** Offers the text as a file. */
export function download(text: string, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The click only asks for the file: a busy browser, or one that asks where to put it, reads it later.
  setTimeout(() => URL.revokeObjectURL(url), READ_WITHIN_MS);
}

function eventsOf(entries: readonly Entry[]): OperatorEvent[] {
  return entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : []));
}

/** A producer's text must not become a formula when a spreadsheet opens the file (OWASP, CSV injection). */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
