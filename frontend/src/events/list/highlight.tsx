import type { ComponentChildren } from 'preact';
import { Seen } from '../../ui/seen.js';
import type { Search } from '../filter/filter.js';

/** Text with what was searched for marked. */
export function Highlight({ text, search }: { text: string; search: Search | undefined }) {
  if (!search) return <Seen text={text} />;
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const [from, to] of search.marksIn(text)) {
    parts.push(
      <Seen key={`before ${from}`} text={text.slice(end, from)} />,
      <mark key={from}>
        <Seen text={text.slice(from, to)} />
      </mark>,
    );
    end = to;
  }
  return (
    <>
      {parts}
      <Seen text={text.slice(end)} />
    </>
  );
}
