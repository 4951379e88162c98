import type { Api } from './api.js';
import { CommandError, EXIT } from './errors.js';
import type { Output } from './output.js';

/** What a command works with. */
export interface Tools {
  readonly api: Api;
  readonly output: Output;
  /** Redis, as operator-backend knows it; absent when none is configured. */
  readonly redisUrl?: string | undefined;
}

/** What every command works with, once the global options are read. */
export interface Context {
  (): Tools;
  /** Parses an option's JSON. @throws CommandError that names the option */
  json(text: string, option: string): unknown;
}

export function contextOf(make: () => Tools): Context {
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
