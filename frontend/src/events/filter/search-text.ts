import type { OperatorEvent } from '@vx11/events-client';
import { exactOf } from '../exact.js';

const texts = new WeakMap<OperatorEvent, string>();

const jsons = new WeakMap<OperatorEvent, string>();

/** In lower case, as the server compares: whether a sigma ends a word makes no difference. */
export function folded(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}

/** The event's JSON, folded; made once for each event, when a text is searched. */
export function foldedJson(event: OperatorEvent): string {
  let text = jsons.get(event);
  if (text === undefined) {
    text = folded(JSON.stringify(exactOf(event)));
    jsons.set(event, text);
  }
  return text;
}

/** Everything in the event that a regular expression looks at; made once for each event, when it is searched. */
export function searchText(event: OperatorEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    const { data, ...attributes } = exactOf(event);
    const words = Object.values(attributes).join('\n');
    text = data === undefined ? words : `${words}\n${JSON.stringify(data)}`;
    texts.set(event, text);
  }
  return text;
}
