import fc from 'fast-check';
import { EventFilter, type Filterable, type FilterSpec } from './event-filter.js';

const severity = fc.constantFrom('info', 'warn', 'error', 'critical');
const name = fc.constantFrom('a', 'b', 'a.b', 'a.b.c', '', 'ab');
const pattern = fc.oneof(name, fc.constantFrom('*', 'a*', 'a.*', 'a.b.*', 'b*'));
const event: fc.Arbitrary<Filterable> = fc
  .record({ severity, module: name, type: name, source: name, subject: fc.option(name) })
  .map(({ subject, ...one }) => ({
    ...one,
    json: JSON.stringify({ source: one.source, ...(subject !== null && { subject }) }),
  }));
const spec: fc.Arbitrary<FilterSpec> = fc.record(
  {
    severity: fc.array(severity, { maxLength: 3 }),
    module: fc.array(name, { maxLength: 3 }),
    type: fc.array(pattern, { maxLength: 3 }),
    source: fc.array(pattern, { maxLength: 3 }),
    subject: fc.array(pattern, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

/** Reference implementation: checks each spec and each field in turn. */
function bruteForce(specs: readonly FilterSpec[], event: Filterable) {
  const { severity: s, module: m, type: t } = event;
  const { source = '', subject = '' } = JSON.parse(event.json) as Record<string, string>;
  const isLike = (text: string) => (value: string) =>
    value.endsWith('*') ? text.startsWith(value.slice(0, -1)) : value === text;
  const any = (list: readonly string[] | undefined, matches: (value: string) => boolean) =>
    list === undefined || list.length === 0 || list.some(matches);
  return specs.every(
    (one) =>
      any(one.severity, (value) => value === s) &&
      any(one.module, (value) => value === m) &&
      any(one.type, isLike(t)) &&
      any(one.source, isLike(source)) &&
      any(one.subject, isLike(subject)),
  );
}

describe('a filter', () => {
  it('matches exactly the events that all of its specs match', () => {
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 4 }), event, (specs, one) => {
        expect(EventFilter.of(...specs).matches(one)).toBe(bruteForce(specs, one));
      }),
      { numRuns: 2000 },
    );
  });

  it('never matches more events after another spec is added', () => {
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 3 }), spec, event, (specs, more, one) => {
        const narrow = EventFilter.of(...specs, more).matches(one);
        expect(narrow && !EventFilter.of(...specs).matches(one)).toBe(false);
      }),
    );
  });

  it('has the same key regardless of order, repetition and empty parts', () => {
    fc.assert(
      fc.property(
        fc
          .array(spec, { maxLength: 4 })
          .chain((specs) =>
            fc.tuple(
              fc.constant(specs),
              fc.shuffledSubarray(specs, { minLength: specs.length, maxLength: specs.length }),
            ),
          ),
        ([specs, shuffled]) => {
          const turned = shuffled.map((one) =>
            Object.fromEntries(
              Object.entries(one).map(([field, values]) => [
                field,
                [...values.toReversed(), ...values],
              ]),
            ),
          );
          const same = EventFilter.of(...turned, ...specs, {}, undefined);
          expect(same.key).toBe(EventFilter.of(...specs).key);
        },
      ),
    );
  });

  it('has a different key when it matches different events', () => {
    fc.assert(
      fc.property(
        fc.array(spec, { maxLength: 3 }),
        fc.array(spec, { maxLength: 3 }),
        event,
        (a, b, one) => {
          const [left, right] = [EventFilter.of(...a), EventFilter.of(...b)];
          fc.pre(left.matches(one) !== right.matches(one));
          expect(left.key).not.toBe(right.key);
        },
      ),
    );
  });

  it('has the same key after its specs were stored as JSON and read back', () => {
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 3 }), (specs) => {
        const filter = EventFilter.of(...specs);
        const stored = JSON.parse(JSON.stringify(filter.specs)) as FilterSpec[];
        expect(EventFilter.of(...stored).key).toBe(filter.key);
      }),
    );
  });
});
