import { parseTime } from './calendar.js';

it.each([
  ['2026-01-31T03:00:00Z', Date.UTC(2026, 0, 31, 3)],
  ['2028-02-29T00:00:00+01:00', Date.UTC(2028, 1, 28, 23)],
  ['2027-02-30T00:00:00Z', Number.NaN],
  ['2027-02-29T00:00:00Z', Number.NaN],
  ['2026-04-31T00:00:00Z', Number.NaN],
  ['2026-13-01T00:00:00Z', Number.NaN],
  ['2026-01-31T25:00:00Z', Number.NaN],
  ['yesterday', Number.NaN],
])('parseTime(%j) is %d', (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});
