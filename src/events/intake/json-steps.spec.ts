import fc from 'fast-check';
import { anyJson } from '../../../test/support/any-json.js';
import { HOSTILE_BODIES } from '../../../test/support/hostile-inputs.js';
import { itemSteps, memberSteps } from './json-steps.js';
import {
  compactJson,
  compactSteps,
  itemsOf,
  membersOf,
  objectOf,
  STEP_CHARS,
} from './json-text.js';

/** The result of the steps, and the number of their pauses. */
function taken<T>(steps: Generator<undefined, T>): { value: T; pauses: number } {
  for (let pauses = 0; ; pauses += 1) {
    const { done, value } = steps.next();
    if (done === true) return { value, pauses };
  }
}

describe('reading JSON in steps', () => {
  it('finds the same members and items as reading it at once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), anyJson(16 * 1024)), { maxLength: 20 }),
        (members) => {
          const compact = members.map(([name, json]) => [name, compactJson(json, 100)] as const);
          const object = objectOf(compact);
          expect(taken(memberSteps(object, () => true)).value).toEqual(membersOf(object));
          const list = `[${compact.map(([, json]) => json).join(',')}]`;
          const items = [...itemSteps(list)].filter((item) => item !== undefined);
          expect(items).toEqual([...itemsOf(list)]);
        },
      ),
    );
  });

  it.each([...Object.entries(HOSTILE_BODIES), ['a long name', undefined] as const])(
    'pauses after every 64 KiB, wherever that is: %s',
    (kind, body) => {
      const length = 2 ** 20;
      const text =
        body === undefined
          ? `{"${'\\"'.repeat(length / 2)}":1,"a":[2]}`
          : `{"a":${kind === 'one long number' ? body(100_000) : body(length)}}`;
      const least = Math.floor((0.9 * text.length) / STEP_CHARS) - 1;
      const compact = taken(compactSteps(text, 64));
      expect(compact.pauses).toBeGreaterThanOrEqual(least);
      const pauses = Math.floor((0.9 * compact.value.length) / STEP_CHARS) - 1;
      const members = taken(memberSteps(compact.value, (name) => name === 'a'));
      expect(members.pauses).toBeGreaterThanOrEqual(pauses);
      expect(members.value).toHaveLength(1);
      const [, value = ''] = members.value[0] ?? [];
      const parts = [...itemSteps(`[${value}]`)];
      expect(parts.filter((part) => part === undefined).length).toBeGreaterThanOrEqual(
        Math.floor((0.9 * value.length) / STEP_CHARS) - 1,
      );
    },
  );

  it('refuses a number that is longer than any event, instead of reading it without a pause', () => {
    expect(() => compactJson('1'.repeat(200_000), 1)).toThrow(SyntaxError);
    expect(compactJson('1'.repeat(64 * 1024), 1)).toHaveLength(64 * 1024);
  });

  it('refuses a string without an end, and an escape cut by the end', () => {
    for (const text of ['"a', '"\\', '"\\u00', `"${'a'.repeat(100_000)}`, '{"a']) {
      expect(() => compactJson(text, 1)).toThrow(SyntaxError);
    }
  });
});
