import type { Api } from './api.js';
import { CommandError, EXIT } from './errors.js';
import { JsonText } from './json-text.js';
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
  /** An option's JSON, as it was written. @throws CommandError that names the option */
  json(text: string, option: string): JsonText;
}

export function contextOf(make: () => Tools): Context {
  return Object.assign(make, {
    json(text: string, option: string): JsonText {
      try {
        JSON.parse(text);
        return new JsonText(text);
      } catch (error) {
        throw new CommandError(
          EXIT.usage,
          `${option} is not JSON: ${(error as Error).message}.`,
          `Quote it for the shell, for example ${option} '{"module":"shop"}'.`,
        );
      }
    },
  });
}
