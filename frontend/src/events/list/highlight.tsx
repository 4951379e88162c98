import type { ComponentChildren } from 'preact';
import { SeenPart } from '../../ui/seen.js';
import type { Search } from '../filter/filter.js';

interface Searched {
  text: string;
  search: Search | undefined;
}

/** Text with what was searched for marked. */
export function Highlight(props: Searched) {
  return (
    <bdi>
      <HighlightPart {...props} />
    </bdi>
  );
}

/** A part of such a text, whose direction is that of the whole. */
export function HighlightPart({ text, search }: Searched) {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const [from, to] of search?.marksIn(text) ?? []) {
    parts.push(
      <SeenPart key={`before ${from}`} text={text.slice(end, from)} />,
      <mark key={from}>
        <SeenPart text={text.slice(from, to)} />
      </mark>,
    );
    end = to;
  }
  return (
    <>
      {parts}
      <SeenPart text={text.slice(end)} />
    </>
  );
}
