import { LRUCache } from 'lru-cache';

/** Texts whose result is remembered, for each function. */
const MOST = 1_000;
/** A longer text is read again each time, so that what is remembered stays small. */
const LONGEST = 256;

/**
 * The same function, which remembers its results: for texts that come again and again, as
 * the source of an event does. It must depend on nothing but the text.
 */
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new LRUCache<string, { readonly value: T }>({ max: MOST });
  return (text) => {
    if (text.length > LONGEST) return read(text);
    let result = known.get(text);
    if (!result) {
      result = { value: read(text) };
      known.set(copyOf(text), result);
    }
    return result.value;
  };
}

/** A part of a longer text would hold that text in memory. */
function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
