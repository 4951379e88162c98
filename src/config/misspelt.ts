import { settings } from './environment.js';

/** What else has the prefix: of the command line, of the tests, and files with secrets. */
const OTHERS = ['VX11_URL', 'VX11_TOKEN', 'VX11_TOKEN_FILE'];

export interface Misspelt {
  readonly name: string;
  /** The setting that is probably meant. */
  readonly meant: string;
}

/**
 * Variables that look like a setting and are none: `VX11_BACKEND_PROT` would be ignored without
 * a word. Others with our prefix are somebody else's, as Kubernetes makes them of services.
 */
export function misspeltSettings(env: NodeJS.ProcessEnv = process.env): readonly Misspelt[] {
  const names = [
    ...OTHERS,
    ...settings()
      .flatMap((subject) => subject.settings)
      .flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name])),
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith('VX11_') && !names.includes(name))
    .flatMap((name) => {
      const [meant] = [isOneSlip, isOneSlipInWords].flatMap((is) =>
        names.filter((one) => is(name, one)),
      );
      return meant === undefined ? [] : { name, meant };
    });
}

/** With a letter that is wrong, too many or missing, or two neighbours in each other's place. */
function isOneSlip(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const isSwapped = a[at] === b[at + 1] && a[at + 1] === b[at];
  const ways = [...(isSwapped ? [[2, 2]] : []), [1, 1], [1, 0], [0, 1]] as const;
  return ways.some(([ofA, ofB]) => a.slice(at + ofA) === b.slice(at + ofB));
}

/** Two slips in one word make another word, as HOST of PORT. */
function isOneSlipInWords(a: string, b: string): boolean {
  const [words, others] = [a.split('_'), b.split('_')];
  return (
    words.length === others.length &&
    words.every((word, index) => isOneSlip(word, others[index] ?? ''))
  );
}
