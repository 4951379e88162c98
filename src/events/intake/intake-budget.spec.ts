import { growth, MOST_GROWTH, repeated } from '../../../test/support/growth.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { readCloudEvent } from './cloud-event.js';
import { compactJson, membersOf } from './json-text.js';

const list = (item: string) => (length: number) =>
  `[${Array<string>(Math.floor(length / (item.length + 1)))
    .fill(item)
    .join(',')}]`;

/** Each kind is the worst case for one loop of reading a body. */
const BODIES: Record<string, (length: number) => string> = {
  'one long string': (length) => `"${repeated('a')(length)}"`,
  'escaped quotes': (length) => `"${'\\"'.repeat(length / 2)}"`,
  'escaped backslashes': (length) => `"${'\\\\'.repeat(length / 2)}"`,
  'escaped characters': (length) => `"${'\\u0041'.repeat(length / 6)}"`,
  'empty strings': list('""'),
  'short strings with spaces around': list(' "a" '),
  digits: list('1'),
  'one long number': repeated('1'),
  'white space': (length) => `${repeated(' ')(length)}1`,
  'white space between digits': list(' 1 '),
  'empty lists': list('[]'),
  'empty objects': list('{}'),
  'nested lists': list('[[[[[[[[[[]]]]]]]]]]'),
  members: (length) =>
    `{${Array.from({ length: length / 10 }, (_, n) => `"m${n}":${n}`).join(',')}}`,
};

describe('the cost of reading a body', () => {
  it.each(Object.entries(BODIES))('grows no faster than the body: %s', (_, body) => {
    const wrapped = (length: number) =>
      `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${body(length)}}`;
    const read = (text: string) =>
      readCloudEvent(membersOf(compactJson(text, 64)), {
        now: 0,
        correlationId: 'c',
        publisher: 'p',
      });
    expect(growth(read, wrapped)).toBeLessThan(MOST_GROWTH);
  });
});

describe('the cost of a filter', () => {
  const prefixes = Array.from({ length: 50 }, (_, n) => `${'a'.repeat(60)}${n}.*`);
  const filter = EventFilter.of({ type: prefixes, module: prefixes });

  it.each([
    ['types that share the beginning of every prefix', 'a'.repeat(256)],
    ['types that only the last prefix begins', `${'a'.repeat(60)}49.${'b'.repeat(190)}`],
    ['short types', 'a'],
  ])('grows no faster than the number of events: %s', (_, type) => {
    const match = (text: string) => {
      for (let at = 0; at < text.length; at += 16) {
        filter.matches({ type, module: prefixes[0] as string, severity: 'info', json: '{}' });
      }
    };
    expect(growth(match, repeated(' '))).toBeLessThan(MOST_GROWTH);
  });
});
