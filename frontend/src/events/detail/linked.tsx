import type { ComponentChildren } from 'preact';
import { Highlight } from '../list/highlight.js';
import { compiled } from '../settings.js';

/** An address of the web; what usually ends a sentence is not a part of it. Linear: one class, once. */
const ADDRESS = /https?:\/\/[^\s"'<>`{}|\\^]+/g;
const TRAILING = /[.,;:!?)\]]{1,8}$/;

/** Text whose web addresses can be followed. The other side does not learn where from. */
export function Linked({ text }: { text: string }) {
  const { search } = compiled.value;
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(ADDRESS)) {
    const address = match.replace(TRAILING, '');
    parts.push(
      <Highlight key={end} text={text.slice(end, index)} search={search} />,
      <a key={index} href={address} target="_blank" rel="noopener noreferrer">
        <Highlight text={address} search={search} />
      </a>,
    );
    end = index + address.length;
  }
  return (
    <>
      {parts}
      <Highlight text={text.slice(end)} search={search} />
    </>
  );
}
