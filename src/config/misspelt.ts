import { settings } from './environment.js';

/** What else has the prefix: of the command line, of the tests, and files with secrets. */
const OTHERS = ['VX11_URL', 'VX11_TOKEN', 'VX11_TOKEN_FILE'];
/** How many letters may be wrong, too many, missing, or in each other's place: few at first. */
const FAULTS = [1, 2];

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
      const [meant] = FAULTS.flatMap((most) => names.filter((one) => isWithin(most, name, one)));
      return meant === undefined ? [] : { name, meant };
    });
}

/** Whether one text can be made of the other by so many changes of a letter, or swaps of two neighbours. */
function isWithin(changes: number, a: string, b: string): boolean {
  if (a === b) return true;
  if (changes === 0) return false;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  const isSwapped = a[at] === b[at + 1] && a[at + 1] === b[at];
  const ways = [...(isSwapped ? [[2, 2]] : []), [1, 1], [1, 0], [0, 1]] as const;
  return ways.some(([ofA, ofB]) => isWithin(changes - 1, a.slice(at + ofA), b.slice(at + ofB)));
}
