import { growth, MOST_GROWTH, repeated } from '../../../test/support/growth.js';
import { HOSTILE_BODIES } from '../../../test/support/hostile-inputs.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { readCloudEvent } from './cloud-event.js';
import { compactJson, membersOf } from './json-text.js';

describe('the cost of reading a body', () => {
  it.each(Object.entries(HOSTILE_BODIES))('grows no faster than the body: %s', (_, body) => {
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
