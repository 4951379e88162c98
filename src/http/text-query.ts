import { ProblemError } from '../kernel/problem.js';

const MOST_CHARACTERS = 256;

/**
 * The text of `?q=` that the rows of a list are searched for; empty without it.
 * @throws ProblemError invalid_query
 */
export function textOf(q: unknown): string {
  if (q === undefined) return '';
  if (typeof q === 'string' && q.length <= MOST_CHARACTERS) return q.trim().toLowerCase();
  throw new ProblemError(
    'invalid_query',
    `q is one text of at most ${MOST_CHARACTERS} characters.`,
  );
}

/** Whether the words of a row hold the text, in any case; every row holds the empty one. */
export function holds(words: readonly (string | null)[], text: string): boolean {
  return text === '' || words.join(' ').toLowerCase().includes(text);
}

/** For `@ApiQuery`. */
export const TEXT_QUERY = {
  name: 'q',
  required: false,
  schema: { type: 'string', maxLength: MOST_CHARACTERS },
} as const;
