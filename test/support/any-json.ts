import fc from 'fast-check';
import { MAX_NESTING } from '../../src/kernel/nesting.js';

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 });

/** Any character of a string, as itself or by any of its escapes. */
const character = fc
  .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.nat(3))
  .map(([text, spelling]) => {
    const escaped = Array.from({ length: text.length }, (_, at) => {
      const hex = text.charCodeAt(at).toString(16).padStart(4, '0');
      return `\\u${spelling === 1 ? hex.toUpperCase() : hex}`;
    }).join('');
    if (spelling < 2) return escaped;
    return /[\u0000-\u001f"\\]/.test(text) ? JSON.stringify(text).slice(1, -1) : text;
  });
const loneSurrogate = fc.constantFrom('\\ud800', '\\uDFFF', '\\ud83d');
const shortEscape = fc.constantFrom('\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\"', '\\\\');
const string = fc
  .array(fc.oneof({ weight: 8, arbitrary: character }, loneSurrogate, shortEscape), {
    maxLength: 12,
  })
  .map((parts) => `"${parts.join('')}"`);

const digits = fc.string({
  unit: fc.constantFrom(...Array.from('0123456789')),
  minLength: 1,
  maxLength: 40,
});
/** Of any size and precision, in every spelling. */
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      digits.map((text) => `1${text}`),
    ),
    fc.option(digits, { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), digits), {
      nil: undefined,
    }),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent?.join('') ?? ''}`,
  );

const names = fc.oneof(
  string,
  fc.constantFrom('"__proto__"', '"constructor"', '"a"', '"toString"', '""', '"data"'),
);

/** A value of a few members at most. */
const small = fc.letrec<{ value: string }>((tie) => ({
  value: fc
    .tuple(
      space,
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('null', 'true', 'false'),
        number,
        string,
        fc.array(tie('value'), { maxLength: 6 }).map((items) => `[${items.join(',')}]`),
        fc
          .array(fc.tuple(space, names, space, tie('value')), { maxLength: 6 })
          .map(
            (members) =>
              `{${members.map(([before, name, after, json]) => `${before}${name}${after}:${json}`).join(',')}}`,
          ),
      ),
      space,
    )
    .map((parts) => parts.join('')),
})).value;

/** The parts in turn, as often as there is room for them in so many bytes. */
function filled(parts: readonly string[], bytes: number): string[] {
  const all: string[] = [];
  // One byte for the comma behind each part.
  const sizes = parts.map((part) => Buffer.byteLength(part) + 1);
  let room = bytes;
  for (let at = 0; room >= (sizes[at] ?? Infinity); at = (at + 1) % parts.length) {
    all.push(parts[at] ?? '');
    room -= sizes[at] ?? 0;
  }
  return all;
}

/** Values of up to `maxBytes`: long in items, members, characters, digits, white space or levels. */
function large(maxBytes: number): fc.Arbitrary<string> {
  const bytes = fc.integer({ min: 1024, max: maxBytes - 16 });
  const parts = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.tuple(fc.array(arbitrary, { minLength: 1, maxLength: 8 }), bytes);
  return fc.oneof(
    parts(small).map(([items, size]) => `[${filled(items, size).join(',')}]`),
    parts(fc.tuple(names, small).map((member) => member.join(':'))).map(
      ([members, size]) => `{${filled(members, size).join(',')}}`,
    ),
    parts(string).map(
      ([texts, size]) =>
        `"${filled(
          texts.map((text) => text.slice(1, -1)),
          size,
        ).join('')}"`,
    ),
    parts(digits).map(([runs, size]) => `-1${filled(runs, size / 2).join('')}.5e+7`),
    fc.tuple(small, bytes).map(([json, size]) => ' \n'.repeat(Math.trunc(size / 4)) + json),
    fc
      .tuple(number, fc.integer({ min: 1, max: MAX_NESTING }))
      .map(([json, levels]) => '['.repeat(levels) + json + ']'.repeat(levels)),
  );
}

/**
 * Any legal JSON text: every number, escape, white space, repeated and hostile names.
 * Most are small; one in twenty is made to be large.
 * @param maxBytes greatest length in UTF-8
 */
export function anyJson(maxBytes: number): fc.Arbitrary<string> {
  return fc
    .oneof({ weight: 19, arbitrary: small }, { weight: 1, arbitrary: large(maxBytes) })
    .filter((json) => Buffer.byteLength(json) <= maxBytes);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/gs;

/** The tokens of a JSON text as they are written, one a line: no token holds a line feed. */
export function tokensOf(json: string): string {
  return json.match(TOKEN)?.join('\n') ?? '';
}
