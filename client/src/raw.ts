import { sources } from './frames.js';
import type { OperatorEvent } from './types.js';

export { readHistory } from './history.js';

/**
 * The event as the server sent it: JSON, with every digit of its numbers and its
 * keys in their order. `event.data` is what `JSON.parse` makes of that, which rounds
 * numbers that a double cannot hold (RFC 8259, section 6).
 * @returns undefined for an object that no client delivered, such as a copy
 */
export function rawOf(event: OperatorEvent): string | undefined {
  const source = sources.get(event);
  if (source?.events) {
    const texts = eventTexts(source.json);
    source.events.forEach((one, index) => {
      // An event may stand in the list twice; its first text is as good as its last.
      sources.set(one, { json: texts[index] ?? JSON.stringify(one) });
    });
  }
  return sources.get(event)?.json;
}

/**
 * The texts of the members of the array `events` of an object, in one pass.
 * @param json valid JSON
 */
function eventTexts(json: string): string[] {
  const texts: string[] = [];
  let name = '';
  let depth = 0;
  let start = 0;
  for (let index = 0; index < json.length; index += 1) {
    const char = json.charAt(index);
    if (char === '"') {
      const end = endOfString(json, index);
      if (depth === 1) name = json.slice(index, end + 1);
      index = end;
      continue;
    }
    const isEnd = char === ']' || char === '}';
    if (depth === 2 && (isEnd || char === ',')) {
      const text = json.slice(start, index).trim();
      if (name === '"events"' && text !== '') texts.push(text);
      start = index + 1;
    }
    if (isEnd) depth -= 1;
    if (char === '[' || char === '{') {
      depth += 1;
      if (depth === 2) start = index + 1;
    }
  }
  return texts;
}

/** The index of the quotation mark that ends the string which begins at `index`. */
function endOfString(json: string, index: number): number {
  let end = index + 1;
  while (end < json.length && json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end;
}
