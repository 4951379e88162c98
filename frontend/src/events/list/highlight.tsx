import type { ComponentChildren } from 'preact';

const MARKS_LIMIT = 50;

/** Text with what was searched for marked. */
export function Highlight({ text, search }: { text: string; search: RegExp | undefined }) {
  if (!search) return <>{text}</>;
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(search)) {
    if (match[0] === '' || parts.length > 2 * MARKS_LIMIT) break;
    parts.push(text.slice(end, match.index), <mark key={match.index}>{match[0]}</mark>);
    end = match.index + match[0].length;
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}
