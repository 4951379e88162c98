import fc from 'fast-check';
import { EventFilter, type FilterSpec } from '../kernel/event-filter.js';
import { liesWithin } from './filter-bounds.js';

describe('liesWithin', () => {
  it.each<[string, FilterSpec[], FilterSpec[], boolean]>([
    ['everything lies within no bound', [], [], true],
    ['everything does not lie within a module', [], [{ module: ['modx'] }], false],
    ['a module lies within itself', [{ module: ['modx'] }], [{ module: ['modx'] }], true],
    ['two modules exceed one', [{ module: ['modx', 'mody'] }], [{ module: ['modx'] }], false],
    [
      'a module narrowed by severity',
      [{ module: ['modx'], severity: ['error'] }],
      [{ module: ['modx'] }],
      true,
    ],
    [
      'a severity alone is not bound to the module',
      [{ severity: ['error'] }],
      [{ module: ['modx'] }],
      false,
    ],
    ['a type within a prefix', [{ type: ['a.b'] }], [{ type: ['a.*'] }], true],
    ['a prefix within a shorter prefix', [{ type: ['a.b.*'] }], [{ type: ['a.*'] }], true],
    ['a prefix exceeds a longer prefix', [{ type: ['a.*'] }], [{ type: ['a.b.*'] }], false],
    ['every type exceeds a prefix', [{ type: ['*'] }], [{ type: ['a.*'] }], false],
    ['a prefix exceeds the type that it begins with', [{ type: ['a*'] }], [{ type: ['a'] }], false],
    ['everything lies within every type', [], [{ type: ['a', '*'] }], true],
    [
      'everything lies within all severities',
      [],
      [{ severity: ['critical', 'error', 'warn', 'info'] }],
      true,
    ],
    ['a star in a module is no wildcard', [{ module: ['modx'] }], [{ module: ['*'] }], false],
    [
      'one spec of several is enough',
      [{ severity: ['info'] }, { module: ['modx'] }],
      [{ module: ['modx'] }],
      true,
    ],
    [
      'every bound must hold',
      [{ module: ['modx'] }],
      [{ module: ['modx'] }, { severity: ['error'] }],
      false,
    ],
  ])('%s', (_, inner, outer, expected) => {
    expect(liesWithin(inner, outer)).toBe(expected);
  });

  const spec = fc.record(
    {
      severity: fc.subarray(['info', 'error'], { minLength: 1 }),
      module: fc.subarray(['m', 'n', '*'], { minLength: 1 }),
      type: fc.subarray(['a', 'a.b', 'a.*', 'a.b.*', '*'], { minLength: 1 }),
      source: fc.subarray(['a', 'a.b', 'a.*', '*'], { minLength: 1 }),
    },
    { requiredKeys: [] },
  );
  const specs = fc.array(spec, { maxLength: 3 });
  const event = fc
    .record({
      severity: fc.constantFrom('info', 'error'),
      module: fc.constantFrom('m', 'n', '*'),
      type: fc.constantFrom('a', 'a.', 'a.b', 'a.b.c', 'x'),
      source: fc.constantFrom('a', 'a.b', '*'),
    })
    .map((one) => ({ ...one, json: JSON.stringify(one) }));

  it('never says yes when some event matches the inner filter and not the outer one', () => {
    fc.assert(
      fc.property(specs, specs, fc.array(event, { minLength: 1 }), (inner, outer, events) => {
        fc.pre(liesWithin(inner, outer));
        const [narrow, wide] = [EventFilter.of(...inner), EventFilter.of(...outer)];
        for (const one of events) expect(!narrow.matches(one) || wide.matches(one)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('says yes of anything that was narrowed from the bound', () => {
    fc.assert(
      fc.property(specs, specs, (outer, extra) => {
        expect(liesWithin([...outer, ...extra], outer)).toBe(true);
      }),
    );
  });
});
