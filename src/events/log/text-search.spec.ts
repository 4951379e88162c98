import { TextSearch } from './text-search.js';

const json = (event: object) => JSON.stringify(event);

describe('TextSearch', () => {
  it('finds text in names and values, in any case', () => {
    const event = json({ source: '/a', data: { Message: 'Größe der Queue' } });
    for (const q of ['queue', 'MESSAGE', 'GRÖSSE'.replace('SS', 'ß'), 'größe der']) {
      expect(new TextSearch({ q }).matches(event)).toBe(true);
    }
    expect(new TextSearch({ q: 'queues' }).matches(event)).toBe(false);
  });

  it('finds a sigma whether it ends a word or not', () => {
    for (const text of ['ΟΔΟΣΑ', 'ΟΔΟΣ', 'οδος', 'οδοσ']) {
      const event = json({ subject: text });
      for (const q of ['ΟΔΟΣ', 'οδος', 'οδοσ']) {
        expect([q, new TextSearch({ q }).matches(event)]).toEqual([q, true]);
      }
    }
  });

  it('finds quotes, backslashes, and characters that the publisher escaped', () => {
    expect(new TextSearch({ q: 'say "hi" \\o' }).matches(json({ data: 'say "hi" \\o' }))).toBe(
      true,
    );
    expect(new TextSearch({ q: 'größe' }).matches('{"data":"gr\\u00f6\\u00dfe"}')).toBe(true);
    expect(new TextSearch({ source: ['/a'] }).matches('{"source":"\\/a"}')).toBe(true);
  });

  it('finds what is there in an event with escapes, and only that', () => {
    const event = '{"data":{"k":"\\u004aeedle \\ud83d\\ude00\\/","k":"x","n":1524831183200260097}}';
    for (const q of ['jeedle', '😀/', '1524831183200260097']) {
      expect([q, new TextSearch({ q }).matches(event)]).toEqual([q, true]);
    }
    expect(new TextSearch({ q: '1524831183200260000' }).matches(event)).toBe(false);
  });

  it('compares attributes as a whole, and only those of the event itself', () => {
    const search = new TextSearch({ source: ['/a', '/b'], correlationid: ['c'] });
    expect(search.matches(json({ source: '/b', correlationid: 'c' }))).toBe(true);
    expect(search.matches(json({ source: '/bc', correlationid: 'c' }))).toBe(false);
    expect(search.matches(json({ source: '/b', data: { correlationid: 'c' } }))).toBe(false);
  });

  it('takes a value that ends in * for a prefix of source or subject', () => {
    const search = new TextSearch({ source: ['/shop/*'], subject: ['*'] });
    expect(search.matches(json({ source: '/shop/eu', subject: 'o' }))).toBe(true);
    expect(search.matches(json({ source: '/shop/eu' }))).toBe(true);
    expect(search.matches(json({ source: '/shopping' }))).toBe(false);
    expect(new TextSearch({ correlationid: ['c*'] }).matches(json({ correlationid: 'cd' }))).toBe(
      false,
    );
  });

  it('takes time in proportion to the text, whatever the text is', () => {
    const event = json({ data: 'a'.repeat(60_000) });
    expect(new TextSearch({ q: `${'a'.repeat(200)}b` }).matches(event)).toBe(false);
  });
});
