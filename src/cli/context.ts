import type { Api } from './api.js';
import { CommandError, EXIT } from './errors.js';
import type { Output } from './output.js';

/** What every command works with, once the global options are read. */
export interface Context {
  (): { readonly api: Api; readonly output: Output };
  /** Parses an option's JSON. @throws CommandError that names the option */
  json(text: string, option: string): unknown;
}

export function contextOf(make: () => { api: Api; output: Output }): Context {
  return Object.assign(make, {
    json(text: string, option: string): unknown {
      try {
        return JSON.parse(text) as unknown;
      } catch (error) {
        throw new CommandError(
          EXIT.usage,
          `${option} is not JSON: ${(error as Error).message}.`,
          'Quote it for the shell, for example --data \'{"order":1}\'.',
        );
      }
    },
  });
}
