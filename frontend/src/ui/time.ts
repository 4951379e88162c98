export type Zone = 'local' | 'utc';

/** `14:03:21.345`; by hand, because Intl is ten times as slow and this runs for every row. */
export function clockTime(ms: number, zone: Zone): string {
  const date = new Date(ms);
  const [hours, minutes, seconds] =
    zone === 'utc'
      ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
      : [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `2026-11-23` */
export function day(ms: number, zone: Zone): string {
  const date = new Date(ms);
  return zone === 'utc'
    ? date.toISOString().slice(0, 10)
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `UTC`, `UTC+02:00`: the offset at the given moment, because summer time changes it. */
export function zoneLabel(zone: Zone, ms: number): string {
  if (zone === 'utc') return 'UTC';
  const offset = offsetOf(ms, zone);
  const minutes = Math.abs(offset);
  return `UTC${offset < 0 ? '−' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Minutes east of UTC at the given moment. */
export function offsetOf(ms: number, zone: Zone): number {
  return zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset();
}

/** `2026-11-23 14:03:21.345 UTC+02:00` */
export function fullTime(ms: number, zone: Zone): string {
  return `${day(ms, zone)} ${clockTime(ms, zone)} ${zoneLabel(zone, ms)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
