import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from './errors.js';

/**
 * What is in a file that the user named, or that a command wrote.
 * @param parse throws when the file holds something else
 * @throws CommandError that names the file
 */
export function readInput<T>(file: string, parse: (text: string) => T, advice = ''): T {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError(
      EXIT.usage,
      `${file} cannot be read: ${(error as Error).message}.`,
      advice,
    );
  }
}
