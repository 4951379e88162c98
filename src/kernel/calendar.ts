/** Whether the month has this day: `Date` alone reads February 30th as March 2nd. */
export function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Epoch milliseconds of a time that begins with `yyyy-mm-dd`; NaN for a day that no month has. */
export function parseTime(text: string): number {
  const [year = NaN, month = NaN, day = NaN] = text.slice(0, 10).split('-').map(Number);
  return isDate(year, month, day) ? Date.parse(text) : Number.NaN;
}
