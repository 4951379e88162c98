/**
 * Runs a regular expression away from the page: a pattern that backtracks for ever
 * blocks this thread only, and the page ends it (see expression.ts).
 */
export interface SearchRequest {
  readonly id: number;
  readonly source: string;
  /** `test`: whether each text matches. `marks`: where. */
  readonly kind: 'test' | 'marks';
  readonly texts: readonly string[];
}

/** Start and end of each match in one text. */
export type Marks = readonly (readonly [start: number, end: number])[];

export type SearchReply =
  /** The pattern begins to run: the page counts the time from here. */
  | { readonly id: number; readonly started: true }
  | { readonly id: number; readonly results: readonly (boolean | Marks)[] };

/** Matches that are marked in one text. */
const MOST_MARKS = 50;

const scope = globalThis as unknown as {
  postMessage(reply: SearchReply): void;
  addEventListener(type: 'message', listener: (event: { data: SearchRequest }) => void): void;
};

scope.addEventListener('message', ({ data: { id, source, kind, texts } }) => {
  scope.postMessage({ id, started: true });
  const pattern = new RegExp(source, kind === 'test' ? 'i' : 'gi');
  const results = texts.map((text) =>
    kind === 'test' ? pattern.test(text) : marks(text, pattern),
  );
  scope.postMessage({ id, results });
});

function marks(text: string, pattern: RegExp): Marks {
  const found: [number, number][] = [];
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (match !== '') found.push([index, index + match.length]);
    if (found.length === MOST_MARKS) break;
  }
  return found;
}
