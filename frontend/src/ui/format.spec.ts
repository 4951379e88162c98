import { ago, count, duration } from './format.js';
import { clockTime, day, fullTime, zoneLabel } from './time.js';

describe('numbers and times as text', () => {
  it.each([
    [900, '0 s'],
    [12_000, '12 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [4 * 86_400_000 + 7_200_000, '4 d 2 h'],
    [-5, '0 s'],
  ])('%i ms last %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [0, 'now'],
    [-200, 'now'],
    [1_500, '1 s ago'],
    [180_000, '3 min ago'],
    [90_000_000, '25 h ago'],
    [864_000_000, '10 d ago'],
  ])('%i ms are %s', (ms, text) => {
    expect(ago(ms)).toBe(text);
  });

  it('groups thousands', () => {
    expect(count(48_211)).toBe('48,211');
  });

  it('gives milliseconds and the zone of that moment', () => {
    const moment = Date.UTC(2026, 0, 31, 9, 5, 7, 45);
    expect(clockTime(moment, 'utc')).toBe('09:05:07.045');
    expect(day(moment, 'utc')).toBe('2026-01-31');
    expect(fullTime(moment, 'utc')).toBe('2026-01-31 09:05:07.045 UTC');
    expect(zoneLabel('local', moment)).toMatch(/^UTC[+−]\d\d:\d\d$/);
  });
});
