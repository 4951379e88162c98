import type { OperatorEvent } from '@vx11/events-client';
import { eventEntry, summaryOf, timeOf } from './entry.js';
import { after, curlOf } from './detail/curl.js';
import { toCsv } from './export.js';

const event = (fields: Partial<OperatorEvent>): OperatorEvent => ({
  specversion: '1.0',
  id: '1',
  source: '/test',
  type: 'test',
  module: 'test',
  severity: 'info',
  position: '1767225600000-4',
  ...fields,
});

describe('one line for an event', () => {
  it.each([
    [{ data: { summary: 'in words', message: 'other' } }, 'in words'],
    [{ data: { message: 'two\n lines' } }, 'two lines'],
    [{ data: 'plain text' }, 'plain text'],
    [{ data: { n: 1 }, subject: 'order 7' }, 'order 7'],
    [{ data: { n: 1 } }, '{"n":1}'],
    [{ data: null }, 'null'],
    [{}, ''],
  ])('of %j is %j', (fields, line) => {
    expect(summaryOf(event(fields))).toBe(line);
  });
});

describe('the time of an event', () => {
  it("is the producer's time, or the time of acceptance", () => {
    expect(timeOf(event({ time: '2026-01-31T12:00:00Z' }))).toBe(Date.UTC(2026, 0, 31, 12));
    expect(timeOf(event({}))).toBe(1_767_225_600_000);
    expect(timeOf(event({ time: 'yesterday' }))).toBe(1_767_225_600_000);
  });
});

describe('a summary', () => {
  it.each([
    ['x'.repeat(401), `${'x'.repeat(400)}…`],
    [`${'x'.repeat(399)}👍 and more`, `${'x'.repeat(399)}…`],
    ['x'.repeat(400), 'x'.repeat(400)],
  ])('says that it is cut, and ends with a whole character', (summary, expected) => {
    expect(summaryOf(event({ data: { summary } }))).toBe(expected);
  });
});

describe('the command for an event', () => {
  it('fetches the page that ends with the event, with the token from the shell', () => {
    expect(after('1767225600000-4')).toBe('1767225600000-5');
    expect(curlOf('1767225600000-4', 'https://ops.example/operator/api')).toBe(
      `curl -s -H "X-VX11-Token: $T" 'https://ops.example/operator/api/events?limit=1&before=1767225600000-5'`,
    );
  });
});

describe('a CSV export', () => {
  it('begins with the mark by which a spreadsheet knows UTF-8', () => {
    expect(toCsv([])).toMatch(/^\uFEFFposition,/);
  });

  it('has the subject and the bytes of an event', () => {
    const csv = toCsv([eventEntry(event({ subject: 'order 7', data_base64: 'aGk=' }))]);
    const [head = '', line = ''] = csv.split('\r\n').map((row) => row.split(','));
    expect(line[head.indexOf('subject')]).toBe('order 7');
    expect(line[head.indexOf('data_base64')]).toBe('aGk=');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx'])(
    'keeps a spreadsheet from running %j',
    (summary) => {
      const csv = toCsv([eventEntry(event({ module: summary }))]);
      expect(csv.split('\r\n')[1]).toContain(`,'${summary}`);
    },
  );

  it('quotes commas, quotes and line ends (RFC 4180)', () => {
    const csv = toCsv([eventEntry(event({ data: { summary: 'a "b", c' } }))]);
    expect(csv.split('\r\n')[1]).toContain(',"a ""b"", c",');
  });
});
