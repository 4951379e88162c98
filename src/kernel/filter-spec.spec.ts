import fc from 'fast-check';
import { EventFilter } from './event-filter.js';
import { filterFaults, filterKey, MAX_FILTER_BYTES, type FilterSpec } from './filter-spec.js';

const parsed = (json: string): unknown => JSON.parse(json);

describe('a filter from outside', () => {
  it.each([
    '{"severity":["critical"]}',
    '{"module":["shop","a b"],"type":["*"]}',
    '{"type":["vx11.security.*","a.b"]}',
    '{"source":["/shop/*"],"subject":["order/17"]}',
  ])('is valid: %s', (json) => {
    expect(filterFaults(parsed(json))).toEqual([]);
  });

  it.each([
    ['null', 'filter must be an object'],
    ['[]', 'filter must be an object'],
    ['"shop"', 'filter must be an object'],
    ['{}', 'filter must name severity, module, type, source, subject; leave it out to allow all'],
    ['{"module":null}', 'filter.module must be a list of strings'],
    ['{"module":"shop"}', 'filter.module must be a list of strings'],
    ['{"module":{"0":"shop"}}', 'filter.module must be a list of strings'],
    ['{"module":[]}', 'filter.module must not be empty; leave it out to allow all'],
    ['{"module":[""]}', 'filter.module may hold strings of 1 to 128 characters'],
    ['{"module":[null]}', 'filter.module may hold strings of 1 to 128 characters'],
    ['{"module":[["shop"]]}', 'filter.module may hold strings of 1 to 128 characters'],
    ['{"type":["\\ud800"]}', 'filter.type may hold strings of 1 to 256 characters'],
    ['{"type":{"constructor":1}}', 'filter.type must be a list of strings'],
    ['{"severity":["loud"]}', 'filter.severity may hold info, warn, error, critical'],
    [
      '{"modul":["a"]}',
      'filter.modul is unknown; a filter has severity, module, type, source, subject',
    ],
    [
      '{"__proto__":["a"]}',
      'filter.__proto__ is unknown; a filter has severity, module, type, source, subject',
    ],
    [
      '{"constructor":["a"]}',
      'filter.constructor is unknown; a filter has severity, module, type, source, subject',
    ],
    [
      '{"toString":["a"]}',
      'filter.toString is unknown; a filter has severity, module, type, source, subject',
    ],
  ])('is refused: %s', (json, sentence) => {
    const faults = filterFaults(parsed(json));
    expect(faults.map(({ path, message }) => `${path} ${message}`)).toEqual([sentence]);
  });

  it('is limited in number of values and in bytes', () => {
    const values = (count: number, length: number) =>
      Array.from({ length: count }, (_, index) => `${index}`.padEnd(length, 'x'));
    expect(filterFaults({ module: values(51, 4) })).toHaveLength(1);
    expect(filterFaults({ module: ['x'.repeat(129)] })).toHaveLength(1);
    expect(filterFaults({ type: values(50, 100) })).toEqual([
      { path: 'filter', message: `must have at most ${MAX_FILTER_BYTES} bytes` },
    ]);
    const many = Object.fromEntries(values(10_000, 8).map((name) => [name, null]));
    expect(filterFaults(many).length).toBeLessThan(20);
  });
});

describe('the key of a filter', () => {
  it.each<[FilterSpec | undefined, FilterSpec | undefined]>([
    [{ module: ['a', 'b'] }, { module: ['b', 'a', 'b'] }],
    [{ type: ['a.*'] }, { type: ['a.b', 'a.*', 'a.c.*'] }],
    [undefined, { type: ['*', 'a'] }],
    [undefined, { severity: ['critical', 'error', 'warn', 'info'] }],
    [{ module: ['a'] }, { type: ['*'], module: ['a'], severity: [] }],
  ])('is the same for %j and %j', (one, other) => {
    expect(filterKey(one)).toBe(filterKey(other));
  });

  it.each(['type', 'source', 'subject'])(
    'is the same only for filters of %s that match the same events',
    (field) => {
      const values = fc.subarray(['a', 'b', 'a.b', 'a*', 'a.*', '*'], { minLength: 1 });
      const spec = fc.record({ [field]: values, module: values }, { requiredKeys: [] });
      const event = fc.record({
        severity: fc.constant('info'),
        module: fc.constantFrom('a', 'b', 'c'),
        type: fc.constantFrom('a', 'b', 'a.b', 'ab', 'c'),
        json: fc.constantFrom('{}', '{"source":"a.b","subject":"a"}', '{"source":"a"}'),
      });
      fc.assert(
        fc.property(spec, spec, event, (one, other, item) => {
          fc.pre(filterKey(one) === filterKey(other));
          expect(EventFilter.of(one).matches(item)).toBe(EventFilter.of(other).matches(item));
        }),
      );
    },
  );
});
