import fc from 'fast-check';
import { TextBlocks } from './text-blocks.js';
import { TextSearch } from './text-search.js';

const BLOCK = 256;

function filled(texts: readonly string[], first = 0): TextBlocks {
  const blocks = new TextBlocks();
  texts.forEach((text, index) => blocks.push(first + index, JSON.stringify({ data: text })));
  return blocks;
}

const fillers = (count: number) =>
  Array.from({ length: count }, (_, index) => `order ${index} was paid`);

describe('blocks of text', () => {
  it('never exclude a row that a search matches', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), fc.nat(), (texts, at) => {
        const json = JSON.stringify({ data: texts });
        const blocks = new TextBlocks();
        for (let row = 0; row < BLOCK; row += 1) blocks.push(row, row === 7 ? json : '{}');
        const whole = texts[at % texts.length] ?? '';
        for (const q of [whole, whole.toUpperCase(), whole.slice(1), whole.slice(0, 5)]) {
          const search = new TextSearch({ q });
          expect(!search.matches(json) || blocks.decide(search)(7)).toBe(true);
        }
      }),
    );
  });

  it('find a text that the publisher has escaped', () => {
    const blocks = new TextBlocks();
    for (let row = 0; row < BLOCK; row += 1)
      blocks.push(row, row === 3 ? '{"data":"gr\\u00f6\\u00dfe"}' : '{}');
    expect(blocks.decide(new TextSearch({ q: 'größe' }))(3)).toBe(true);
  });

  it('exclude nearly all blocks without the text, also among random ids', () => {
    const id = (seed: number) => `${(Math.sin(seed) * 1e16).toString(16)}`.slice(-12);
    const texts = Array.from({ length: 40 * BLOCK }, (_, row) => `${id(row)}-${id(row + 0.5)}`);
    texts[20 * BLOCK + 5] = 'the needle 0123456789abcdef';
    const mayMatch = filled(texts).decide(new TextSearch({ q: '0123456789abcdef' }));
    const rows = texts.map((_, row) => row).filter(mayMatch);
    expect(rows).toContain(20 * BLOCK + 5);
    expect(rows.length).toBeLessThanOrEqual(2 * BLOCK);
  });

  it('decide by attributes as well, of which any value will do', () => {
    const blocks = new TextBlocks();
    for (let row = 0; row < BLOCK; row += 1) blocks.push(row, '{"source":"/shop/eu"}');
    const decide = (source: string[]) => blocks.decide(new TextSearch({ source }))(0);
    expect(decide(['/shop/*'])).toBe(true);
    expect(decide(['/nowhere', '/shop/eu'])).toBe(true);
    expect(decide(['/nowhere'])).toBe(false);
  });

  it('know nothing of rows without a block: those being filled, skipped or dropped', () => {
    const blocks = filled(fillers(2 * BLOCK + 10));
    const nothing = new TextSearch({ q: 'needle' });
    expect(blocks.decide(nothing)(BLOCK)).toBe(false);
    expect(blocks.decide(nothing)(2 * BLOCK)).toBe(true);
    blocks.dropBefore(BLOCK);
    expect(blocks.decide(nothing)(BLOCK - 1)).toBe(true);
    expect(blocks.decide(nothing)(BLOCK)).toBe(false);
    // A row that the log does not hold whole leaves a hole, and a block never spans one.
    const holed = filled(fillers(BLOCK - 1));
    fillers(BLOCK).forEach((text, index) => holed.push(BLOCK + 10 + index, `"${text}"`));
    expect([0, BLOCK - 1, BLOCK + 10].map(holed.decide(nothing))).toEqual([true, true, false]);
  });

  it('may hold anything when an event is very long', () => {
    const blocks = new TextBlocks();
    blocks.push(0, `"${'x'.repeat(300 * 1024)}"`);
    expect(blocks.decide(new TextSearch({ q: 'needle' }))(0)).toBe(true);
  });

  it('are restored before the rows that came since', () => {
    const kept = filled(fillers(2 * BLOCK)).takeCompleted();
    expect(kept).toHaveLength(2);
    const later = filled(fillers(BLOCK), 2 * BLOCK);
    later.restore(kept);
    const decide = later.decide(new TextSearch({ q: 'needle' }));
    expect([0, 2 * BLOCK - 1, 2 * BLOCK, 3 * BLOCK].map(decide)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
