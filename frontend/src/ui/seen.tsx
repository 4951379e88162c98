import type { ComponentChildren } from 'preact';

/**
 * Characters that show nothing, or change the order of others: controls, bidi overrides and
 * isolates, zero-width ones. Joiners belong to emoji and to scripts that join their letters;
 * within a word of Latin letters they only hide.
 */
const UNSEEN =
  /(?![\t\n\r\u0600-\u0605\u06DD\u070F\u08E2])(?!(?<!\w)[\u200C\u200D])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** `U+202E` */
export function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The text in parts: what is seen as it is, and the code of each character that is not. */
export function partsOf(text: string): { readonly text: string; readonly isUnseen: boolean }[] {
  const parts = [];
  let end = 0;
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    if (index > end) parts.push({ text: text.slice(end, index), isUnseen: false });
    parts.push({ text: codeOf(character), isUnseen: true });
    end = index + character.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isUnseen: false });
  return parts;
}

/**
 * A producer's text, in which nothing is hidden: two values that differ never look the same.
 * It is read in the direction of its own first letter, and changes no order around it.
 */
export function Seen({ text }: { text: string }) {
  return (
    <bdi>
      <SeenPart text={text} />
    </bdi>
  );
}

/** A part of such a text, whose direction is that of the whole. */
export function SeenPart({ text }: { text: string }): ComponentChildren {
  if (text.search(UNSEEN) === -1) return text;
  return partsOf(text).map(({ text: part, isUnseen }, index) =>
    isUnseen ? (
      <span key={index} class="unseen">
        {part}
      </span>
    ) : (
      part
    ),
  );
}
