import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { parsePosition } from './position.js';
import { HistoryQuery } from './query.js';

describe('a position in HistoryQuery', () => {
  it.each(['0-0', '1767225600000-0', '999999999999999-9999999999'])(
    'takes the position %s, as the stream does',
    (position) => {
      expect(problems(position)).toEqual([]);
      expect(parsePosition(position)).toBe(position);
    },
  );

  it.each(['00-0', '0-00', '01767225600000-1', '1-', '-1', '1', '1-1-1', '+', '(1-0', '1-0\n', ''])(
    'refuses %j, as the stream does',
    (text) => {
      expect(problems(text)).toEqual(['after', 'before']);
      expect(parsePosition(text)).toBeUndefined();
    },
  );
});

/** The properties that are refused. */
function problems(text: string): string[] {
  const query = plainToInstance(HistoryQuery, { before: text, after: text });
  return validateSync(query)
    .map(({ property }) => property)
    .toSorted();
}
