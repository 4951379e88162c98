import type { ComponentChildren } from 'preact';
import type { Search } from '../filter/filter.js';

/** Text with what was searched for marked. */
export function Highlight({ text, search }: { text: string; search: Search | undefined }) {
  if (!search) return <>{text}</>;
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const [from, to] of search.marksIn(text)) {
    parts.push(text.slice(end, from), <mark key={from}>{text.slice(from, to)}</mark>);
    end = to;
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}
