import type { OperatorEvent } from '@vx11/events-client';
import { exactOf } from '../exact.js';

const texts = new WeakMap<OperatorEvent, string>();

/** Everything in the event that a search looks at; made once for each event, when it is searched. */
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
