import fc from 'fast-check';
import { anyJson, tokensOf } from '../../../test/support/any-json.js';
import {
  compactJson,
  compactSteps,
  itemsOf,
  JsonTooDeep,
  membersOf,
  objectOf,
  STEP_CHARS,
} from './json-text.js';

/** Whether it is JSON; anything but a SyntaxError is a fault. */
function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

describe('compactJson', () => {
  it('removes white space outside strings and changes no token of any JSON', () => {
    fc.assert(
      fc.property(anyJson(16 * 1024), (json) => {
        const compact = compactJson(json, 100);
        expect(tokensOf(compact)).toEqual(tokensOf(json));
        expect(compact).toBe(tokensOf(json).replaceAll('\n', ''));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\ 1e.-+tn')) }),
        (text) => {
          expect(accepts(() => compactJson(text, 100))).toBe(accepts(() => JSON.parse(text)));
        },
      ),
    );
  });

  it('agrees with JSON.parse on JSON with one character changed', () => {
    const nextTo = fc.tuple(
      anyJson(2048),
      fc.nat(),
      fc.string({
        unit: fc.constantFrom(...Array.from('{}[]",:\\u 0a1e.-+tn\n\u0000\u00a0\ufeff')),
        maxLength: 2,
      }),
      fc.nat(2),
    );
    fc.assert(
      fc.property(nextTo, ([json, position, inserted, removed]) => {
        const at = position % (json.length + 1);
        const text = json.slice(0, at) + inserted + json.slice(at + removed);
        expect(accepts(() => compactJson(text, 100))).toBe(accepts(() => JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [
      '',
      '[',
      '{',
      '"',
      '[1',
      '{"a"',
      '{"a":',
      '{"a":1',
      '"a',
      '"\\',
      '"\\u12',
      '-',
      '1.',
      '1e',
      '1e+',
    ],
    ['[1,]', '[,1]', '{"a":1,}', '{,}', '{1:2}', '{"a" 1}', '[1 2]', '1 2', '[}', '{]', ']', '[]]'],
    ['01', '-01', '.5', '+1', '1.e1', '0x10', 'tru', 'truex', 'nulll', 'NaN', 'Infinity', "'a'"],
    ['"\n"', '"\t"', '"\\x41"', '"\\u00g0"', '\ufeff1', '\u00a01', '[1\f]'],
  ])('refuses %j and what is like it', (...texts) => {
    const accepted = texts.filter((text) => accepts(() => compactJson(text, 100)));
    expect([accepted, texts.filter((text) => accepts(() => JSON.parse(text)))]).toEqual([[], []]);
  });

  it.each(['[]', '{}', '""', '1', ' 1 ', '"a"', '[[[]]]'])(
    'pauses often enough in a megabyte of %s',
    (item) => {
      const text = `[${Array(Math.floor(2 ** 20 / (item.length + 1)))
        .fill(item)
        .join(',')}]`;
      let pauses = 0;
      for (const steps = compactSteps(text, 10); steps.next().done !== true;) pauses += 1;
      expect(pauses).toBeGreaterThan(0.9 * (text.length / STEP_CHARS));
    },
  );

  it('counts levels of lists and objects, not brackets inside strings', () => {
    expect(compactJson('[{"a":["[[[{"]}]', 3)).toBe('[{"a":["[[[{"]}]');
    expect(() => compactJson('[{"a":["[[[{"]}]', 2)).toThrow(JsonTooDeep);
    expect(() => compactJson('['.repeat(200_000) + ']'.repeat(200_000), 64)).toThrow(JsonTooDeep);
  });
});

describe('membersOf and itemsOf', () => {
  it('take an object apart into exactly its members, which put it together again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), anyJson(16 * 1024))),
        (members) => {
          const compact = members.map(([name, json]) => [name, compactJson(json, 100)] as const);
          const object = objectOf(compact);
          expect(membersOf(object)).toEqual(compact);
          const list = `[${compact.map(([, json]) => json).join(',')}]`;
          expect([...itemsOf(list)]).toEqual(compact.map(([, json]) => json));
        },
      ),
    );
  });

  it('keep repeated names and names that mean something to JavaScript', () => {
    const object = '{"__proto__":1,"constructor":{"a":"}"},"__proto__":[2],"a\\u0062":-0}';
    expect(membersOf(object)).toEqual([
      ['__proto__', '1'],
      ['constructor', '{"a":"}"}'],
      ['__proto__', '[2]'],
      ['ab', '-0'],
    ]);
  });

  it('are linear: a string of escapes, and a list of many strings', () => {
    const escapes = `"${'\\"'.repeat(300_000)}${'\\\\'.repeat(300_000)}"`;
    expect([...itemsOf(compactJson(`[${escapes},${escapes}]`, 1))]).toHaveLength(2);
    const strings = `[${Array(100_000).fill('"]"').join(' , ')}]`;
    expect([...itemsOf(compactJson(strings, 1))]).toHaveLength(100_000);
  });
});
