import fc from 'fast-check';
import { EventFilter, type Filterable, type FilterSpec } from '../../kernel/event-filter.js';
import { SEVERITIES } from '../../kernel/severity.js';
import { FilterIndex } from './filter-index.js';

interface Member {
  readonly filter: EventFilter;
}

const memberOf = (...specs: FilterSpec[]): Member => ({ filter: EventFilter.of(...specs) });

function matching(index: FilterIndex<Member>, event: Filterable): Member[] {
  const found: Member[] = [];
  index.forEachMatch(event, (member) => found.push(member));
  return found;
}

const severity = fc.constantFrom(...SEVERITIES);
/** Short words over few characters, so that values meet, cover each other, and contain the separator. */
const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '\0', '1', ' '), maxLength: 4 });
const type = fc.oneof(
  word,
  word.map((text) => `${text}*`),
);
const event: fc.Arbitrary<Filterable> = fc.record({
  severity,
  module: word,
  type: word,
  json: fc.constantFrom('{}', '{"source":"a"}', '{"source":"a.b","subject":"b"}'),
});
const spec: fc.Arbitrary<FilterSpec> = fc.record(
  {
    severity: fc.array(severity, { maxLength: 3 }),
    module: fc.array(word, { maxLength: 12 }),
    type: fc.array(type, { maxLength: 12 }),
    source: fc.array(type, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const member = fc.array(spec, { maxLength: 3 }).map((specs) => memberOf(...specs));

describe('the index of filters', () => {
  it('finds exactly the members whose filter matches, each once, also after members have left', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(member, fc.boolean()), { maxLength: 30 }),
        fc.array(event, { minLength: 1, maxLength: 20 }),
        (members, events) => {
          const index = new FilterIndex<Member>();
          for (const [one] of members) index.add(one);
          for (const [one, leaves] of members) if (leaves) index.delete(one);
          for (const one of events) {
            const expected = members.filter(
              ([{ filter }, leaves]) => !leaves && filter.matches(one),
            );
            const found = matching(index, one);
            expect(new Set(found)).toEqual(new Set(expected.map(([stays]) => stays)));
            expect(found).toHaveLength(expected.length);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds a member once, though its values and those of the event could be cut elsewhere', () => {
    const index = new FilterIndex<Member>();
    const one = memberOf({ module: ['', '\0'], type: ['', '\0*'] });
    index.add(one);
    for (const labels of [
      { module: '\0', type: '' },
      { module: '', type: '' },
      { module: '', type: '\0' },
    ]) {
      expect(matching(index, { severity: 'info', ...labels, json: '{}' })).toEqual([one]);
    }
  });

  /** Counts how many filters are compared with an event, beyond looking up a key. */
  function comparisons(filters: readonly EventFilter[], event: Filterable): number {
    const index = new FilterIndex<Member>();
    for (const filter of filters) index.add({ filter });
    const compare = jest.spyOn(EventFilter.prototype, 'matches');
    matching(index, event);
    const { length } = compare.mock.calls;
    compare.mockRestore();
    return length;
  }

  const event0: Filterable = {
    severity: 'info',
    module: 'm7',
    type: 'shop.order.7',
    json: '{}',
  };
  const audiences: Record<string, (n: number) => FilterSpec[]> = {
    'a module': (n) => [{ module: [`m${n}`] }],
    'a type': (n) => [{ type: [`shop.order.${n}`] }],
    'a prefix of types': (n) => [{ type: [`shop.order.${n}*`, `shop.refund.${n}.*`] }],
    'a pair of module and type': (n) => [
      { module: [`m${n % 100}`], type: [`shop.order.${Math.floor(n / 100)}`] },
    ],
    'a module within the filter of its principal': (n) => [
      { type: ['shop.*'], severity: ['info', 'warn'] },
      { module: [`m${n}`] },
    ],
    'a type within the prefix of its principal': (n) => [
      { type: ['shop.*'] },
      { type: [`shop.order.${n}`, `shop.refund.${n}`] },
    ],
  };

  it.each(Object.entries(audiences))(
    'compares an event with few of 10,000 filters that each name %s',
    (_, specs) => {
      const filters = Array.from({ length: 10_000 }, (__, n) => EventFilter.of(...specs(n)));
      const found = filters.filter((filter) => filter.matches(event0)).length;
      expect(found).toBeGreaterThan(0);
      expect(comparisons(filters, event0)).toBe(found);
    },
  );

  it('compares an event with a filter of too many combinations, but finds it under few keys', () => {
    const many = Array.from({ length: 50 }, (_, n) => `m${n}`);
    const filter = EventFilter.of({ module: many, type: many.map((name) => `${name}.*`) });
    const index = new FilterIndex<Member>();
    index.add({ filter });
    expect(
      matching(index, { severity: 'info', module: 'm3', type: 'm4.x', json: '{}' }),
    ).toHaveLength(1);
    expect(matching(index, { severity: 'info', module: 'm3', type: 'x', json: '{}' })).toHaveLength(
      0,
    );
  });

  it('never finds a filter whose specs exclude each other', () => {
    expect(comparisons([EventFilter.of({ module: ['a'] }, { module: ['b'] })], event0)).toBe(0);
  });

  it('keeps nothing of members that have left', () => {
    const index = new FilterIndex<Member>();
    const members = Array.from({ length: 100 }, (_, n) => memberOf({ type: [`t.${n}.*`] }));
    for (const one of members) index.add(one);
    for (const one of members) index.delete(one);
    expect(index.isEmpty).toBe(true);
  });
});
