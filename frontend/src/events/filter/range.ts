import { serverNow } from '../../ui/server-clock.js';

const RELATIVE = /^-(\d{1,5})([smhd])$/;
/** The server takes times from 1970 on, in 14 digits of milliseconds: to the year 5138. */
const LAST = 99_999_999_999_999;
const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment in the address: a date (ISO 8601), or a time before now such as `-15m`. */
export function isBound(text: string): boolean {
  return RELATIVE.test(text) || !Number.isNaN(Date.parse(text));
}

/** Moves with the clock. */
export function isRelativeBound(text: string): boolean {
  return RELATIVE.test(text);
}

/**
 * Epoch milliseconds of a bound at this moment, or `none` for an empty bound.
 * A relative bound moves with the clock of the server, which dates the events. Always a time that the server takes.
 */
export function boundOf(text: string): (none: number) => number {
  if (text === '') return (none) => none;
  const [, number, unit = ''] = RELATIVE.exec(text) ?? [];
  if (number !== undefined) {
    const before = Number(number) * (UNITS[unit] ?? 0);
    return () => serverTime(serverNow() - before);
  }
  const at = Date.parse(text);
  return (none) => (Number.isNaN(at) ? none : serverTime(at));
}

/** The nearest time that the server takes. */
export function serverTime(ms: number): number {
  return Math.min(Math.max(0, ms), LAST);
}

/** A moment as it stands in the address. */
export function toBound(ms: number): string {
  return new Date(ms).toISOString();
}

/** Bounds that the picker offers. */
export const RANGES = [
  ['-15m', 'Last 15 minutes'],
  ['-1h', 'Last hour'],
  ['-6h', 'Last 6 hours'],
  ['-1d', 'Last 24 hours'],
  ['-7d', 'Last 7 days'],
] as const;
