import { type Command, InvalidArgumentError } from 'commander';
import { decimalOf } from '../kernel/decimal.js';

const AMOUNT = {
  fits: (text: string) => /^\d{1,9}(\.\d{1,9})?$/.test(text),
  words: 'It must be a number, and not below 0.',
};

/** What an option takes, by its placeholder. */
const KINDS: Readonly<Record<string, typeof AMOUNT>> = {
  '<n>': {
    fits: (text) => (decimalOf(text) ?? 0) > 0,
    words: 'It must be a whole number above 0.',
  },
  '<seconds>': AMOUNT,
  '<hours>': AMOUNT,
};

/** Makes every option for a number refuse anything else, in this command and those below. */
export function checkNumbers(command: Command): void {
  for (const option of command.options) {
    const kind = KINDS[/<[a-z]*>/.exec(option.flags)?.[0] ?? ''];
    if (kind === undefined) continue;
    option.argParser((text: string) => {
      if (kind.fits(text)) return text;
      throw new InvalidArgumentError(kind.words);
    });
  }
  command.commands.forEach(checkNumbers);
}
