import type { ComponentChildren } from 'preact';
import { HighlightPart } from '../list/highlight.js';
import { compiled } from '../settings.js';

/** A web address, without the punctuation that ends a sentence. It matches in linear time. */
const ADDRESS = /https?:\/\/[^\s"'<>`{}|\\^]+/g;
const TRAILING = /[.,;:!?)\]]{1,8}$/;

/** Text with links for its web addresses. The other site gets no referrer. */
export function Linked({ text }: { text: string }) {
  const { search } = compiled.value;
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(ADDRESS)) {
    const address = match.replace(TRAILING, '');
    parts.push(
      <HighlightPart key={end} text={text.slice(end, index)} search={search} />,
      <a key={index} href={address} target="_blank" rel="noopener noreferrer">
        <HighlightPart text={address} search={search} />
      </a>,
    );
    end = index + address.length;
  }
  return (
    <bdi>
      {parts}
      <HighlightPart text={text.slice(end)} search={search} />
    </bdi>
  );
}
