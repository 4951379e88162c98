import fc from 'fast-check';

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
    // eslint-disable-next-line no-control-regex
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

/** Any legal JSON text: every number, escape, white space, repeated and hostile names. */
export function anyJson(): fc.Arbitrary<string> {
  return fc.letrec<{ value: string }>((tie) => ({
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
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/gs;

/** The tokens of a JSON text as they are written. */
export function tokensOf(json: string): string[] {
  return json.match(TOKEN) ?? [];
}
