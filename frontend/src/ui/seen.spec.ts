import { partsOf } from './seen.js';

const shown = (text: string) =>
  partsOf(text)
    .map(({ text: part, isUnseen }) => (isUnseen ? `[${part}]` : part))
    .join('');

describe('a text on screen', () => {
  it.each([
    ['invoice\u202Egpj.exe', 'invoice[U+202E]gpj.exe'],
    ['s\u200Bhop', 's[U+200B]hop'],
    ['sh\u200Dop', 'sh[U+200D]op'],
    ['\uFEFFa\u2066b', '[U+FEFF]a[U+2066]b'],
    ['\u001B[31mred\u0000', '[U+001B][31mred[U+0000]'],
    ['tag\u{E0041}', 'tag[U+E0041]'],
  ])('hides nothing of %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each(['plain', '', 'two\nlines\tand a tab', '👩‍👩‍👧‍👦', 'می‌خواهم', 'שלום عالم', '\u0601\u0661'])(
    'leaves %j as it is',
    (text) => {
      expect(shown(text)).toBe(text);
    },
  );
});
