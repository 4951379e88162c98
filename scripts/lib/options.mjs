import { parseArgs } from 'node:util';
import { giveUp, Stop } from './stop.mjs';

/**
 * What the command line asks for. Ends the process with a sentence where it is not understood.
 * @template {import('node:util').ParseArgsConfig} T
 * @param {T} config as of `parseArgs`
 * @returns {ReturnType<typeof parseArgs<T>>}
 */
export function readOptions(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
    const [what] = error.message.split(/\. |\n/, 1);
    const known = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    return giveUp(new Stop(`${what}. This command knows ${known.join(', ') || 'no options'}.`));
  }
}
