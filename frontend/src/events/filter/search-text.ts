import type { OperatorEvent } from '@vx11/events-client';
import { exactOf } from '../exact.js';

const texts = new WeakMap<OperatorEvent, string>();

const jsons = new WeakMap<OperatorEvent, string>();

/** The event's JSON in lower case; made once for each event, when a text is searched. */
export function lowerJson(event: OperatorEvent): string {
  let text = jsons.get(event);
  if (text === undefined) {
    text = JSON.stringify(exactOf(event)).toLowerCase();
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
