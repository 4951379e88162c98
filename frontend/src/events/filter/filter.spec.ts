import fc from 'fast-check';
import type { OperatorEvent } from '@vx11/events-client';
import {
  compile,
  faultOf,
  NO_FILTER,
  pathLabel,
  toggleSeverity,
  withCondition,
  type Filter,
} from './filter.js';
import { conditionOf } from './completion.js';
import { fromParams, serverPart, toParams, toServerQuery } from './filter-url.js';

const event = (fields: Partial<OperatorEvent> = {}): OperatorEvent => ({
  specversion: '1.0',
  id: 'e1',
  source: '/shop',
  type: 'shop.order',
  position: '1767225600000-0',
  severity: 'info',
  module: 'shop',
  data: { summary: 'Order placed', order: { id: 7, 'odd.name:x': true } },
  ...fields,
});

const matches = (filter: Partial<Filter>, of = event()) =>
  compile({ ...NO_FILTER, ...filter }).matches(of);
const is = (path: string[], value: string) => ({ path, value });

describe('a filter', () => {
  it('lets everything through when it is empty', () => {
    expect(matches({})).toBe(true);
  });

  it('needs one of the conditions on each path', () => {
    const modules = [is(['module'], 'shop'), is(['module'], 'billing')];
    expect(matches({ is: modules })).toBe(true);
    expect(matches({ is: [...modules, is(['type'], 'other')] })).toBe(false);
  });

  it('compares nested values of any type as text', () => {
    expect(matches({ is: [is(['data', 'order', 'id'], '7')] })).toBe(true);
    expect(matches({ is: [is(['data', 'order', 'odd.name:x'], 'true')] })).toBe(true);
    expect(matches({ is: [is(['data', 'order', 'id', 'deeper'], '7')] })).toBe(false);
  });

  it('tells a name with dots from a path', () => {
    const [name, path] = [is(['data', 'a.b'], '1'), is(['data', 'a', 'b'], '1')];
    const both = event({ data: { 'a.b': 1, a: { b: 1 } } });
    expect(matches({ is: [name, path] }, both)).toBe(true);
    expect(matches({ is: [name, path] }, event({ data: { 'a.b': 1 } }))).toBe(false);
    const filter = withCondition(withCondition(NO_FILTER, name, true), path, false);
    expect([filter.is, filter.not]).toEqual([[name], [path]]);
    expect([name, path].map(({ path: of }) => pathLabel(of))).toEqual(['data."a.b"', 'data.a.b']);
    expect(conditionOf(`${pathLabel(name.path)}:1`)?.condition).toEqual(name);
  });

  it('ignores inherited properties of objects', () => {
    const inherited = String(Object.prototype.toString);
    expect(matches({ is: [is(['data', 'toString'], inherited)] })).toBe(false);
  });

  it('leaves out excluded values', () => {
    expect(matches({ not: [is(['module'], 'shop')] })).toBe(false);
    expect(matches({ not: [is(['module'], 'billing')] })).toBe(true);
  });

  it('searches attributes and data, without regard to case', () => {
    expect(matches({ text: 'ORDER PLACED' })).toBe(true);
    expect(matches({ text: '/shop' })).toBe(true);
    expect(matches({ text: 'refund' })).toBe(false);
    expect(matches({ text: 'οδός' }, event({ module: 'ΟΔΌΣΑ' }))).toBe(true);
  });

  it('searches plain text literally, and uses the given search for a regular expression', () => {
    expect(matches({ text: 'o.der' })).toBe(false);
    const search = (found: boolean) => ({ matches: () => found, marksIn: () => [] });
    const regex = { ...NO_FILTER, text: 'o.der', regex: true };
    expect(compile(regex, search(true)).matches(event())).toBe(true);
    expect(compile(regex, search(false)).matches(event())).toBe(false);
  });

  it('reports what is wrong with an expression, and filters without it', () => {
    const filter = { ...NO_FILTER, text: '(', regex: true };
    expect(faultOf(filter)).toContain('Invalid regular expression');
    expect(compile(filter).matches(event())).toBe(true);
  });
});

describe('a time range', () => {
  const at = (ms: number) => event({ position: `${ms}-0` });

  it('includes its first moment and not its last, by the time of acceptance', () => {
    const range = { from: new Date(1_000).toISOString(), to: new Date(2_000).toISOString() };
    const shown = [999, 1_000, 1_999, 2_000].filter((ms) => matches(range, at(ms)));
    expect(shown).toEqual([1_000, 1_999]);
  });

  it('moves with the clock where it is relative', () => {
    jest.useFakeTimers({ now: 10 * 60_000 });
    const { matches: isShown } = compile({ ...NO_FILTER, from: '-5m' });
    expect(isShown(at(5 * 60_000))).toBe(true);
    jest.setSystemTime(11 * 60_000);
    expect(isShown(at(5 * 60_000))).toBe(false);
    jest.useRealTimers();
  });
});

describe('routine reports of the system', () => {
  const report = event({ type: 'vx11.stream.opened' });

  it('are hidden unless System events is on, or a condition selects them', () => {
    expect(matches({}, report)).toBe(false);
    expect(matches({ system: true }, report)).toBe(true);
    expect(matches({ is: [is(['type'], 'vx11.stream.opened')] }, report)).toBe(true);
  });

  it('never include warnings or worse, nor alerts', () => {
    expect(matches({}, event({ type: 'vx11.service.down', severity: 'error' }))).toBe(true);
    expect(matches({}, event({ type: 'vx11.alert.resolved' }))).toBe(true);
  });
});

describe('changing a filter', () => {
  it('replaces a condition by its opposite', () => {
    const module = is(['module'], 'shop');
    const without = withCondition(withCondition(NO_FILTER, module, true), module, false);
    expect(without).toMatchObject({ is: [], not: [module] });
  });

  it('changes severities for a condition on severity', () => {
    const severity = is(['severity'], 'warn');
    expect(withCondition(NO_FILTER, severity, true).severities).toEqual(['warn']);
    expect(withCondition(NO_FILTER, severity, false).severities).toEqual([
      'info',
      'error',
      'critical',
    ]);
  });

  it('treats all severities as no filter', () => {
    const three: Filter = { ...NO_FILTER, severities: ['info', 'warn', 'error'] };
    expect(toggleSeverity(three, 'critical').severities).toEqual([]);
  });
});

const condition = fc.record({
  path: fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 4 }),
  value: fc.string({ unit: 'grapheme' }),
});
const anyFilter: fc.Arbitrary<Filter> = fc.record({
  severities: fc.subarray(['info', 'warn', 'error', 'critical'] as const),
  is: fc.array(condition, { maxLength: 4 }),
  not: fc.array(condition, { maxLength: 4 }),
  text: fc.string({ unit: 'grapheme' }),
  regex: fc.boolean(),
  from: fc.constantFrom('', '-15m', '-7d', '2026-11-25T14:00:00.000Z'),
  to: fc.constantFrom('', '2026-11-25T15:00:00.000Z'),
  system: fc.boolean(),
});

describe('a filter in the address', () => {
  it('is restored from its parameters', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        const query = new URLSearchParams(toParams(filter)).toString();
        expect(fromParams(new URLSearchParams(query))).toEqual(filter);
      }),
    );
  });

  it('is read as far as possible', () => {
    const params = new URLSearchParams('severity=loud,warn&is=module&is=%25zz:1&is=type:a&re=yes');
    expect(fromParams(params)).toEqual({
      ...NO_FILTER,
      severities: ['warn'],
      is: [is(['type'], 'a')],
    });
  });

  it('has no more text than the server searches for; a regular expression is not sent', () => {
    const q = 'x'.repeat(300);
    expect(fromParams(new URLSearchParams({ q })).text).toBe(q.slice(0, 256));
    expect(fromParams(new URLSearchParams({ q, re: '1' })).text).toBe(q);
  });

  it.each([
    ['1960-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['-99999d', '1970-01-01T00:00:00.000Z'],
    ['+275760-09-13T00:00:00Z', '5138-11-16T09:46:39.999Z'],
  ])('sends for the bound %s a time that the server takes', (from, since) => {
    expect(toServerQuery({ ...NO_FILTER, from, system: true })).toEqual([['since', since]]);
  });

  it('does not send a value that is longer than the server takes', () => {
    const filter = { ...NO_FILTER, is: [is(['module'], 'x'.repeat(129))], system: true };
    expect(toServerQuery(filter)).toEqual([]);
    expect(serverPart(filter).isWhole).toBe(false);
  });

  it('sends the server only the conditions that it applies in the same way', () => {
    const filter: Filter = {
      ...NO_FILTER,
      severities: ['error'],
      is: [is(['module'], 'a,b'), is(['type'], 'shop.x'), is(['data', 'n'], '1')],
      text: 'slow',
    };
    expect(toServerQuery(filter)).toEqual([
      ['severity', 'error'],
      ['type', 'shop.x'],
      ['q', 'slow'],
    ]);
    expect(toServerQuery({ ...filter, regex: true }).map(([name]) => name)).not.toContain('q');
  });
});
