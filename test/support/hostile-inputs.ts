import { repeated } from './growth.js';

/*
 * Inputs that are the worst case for one loop each: the budget specs check that their cost
 * grows no faster than their length, and `npm run bench:security` times them.
 */

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** For the redaction. */
export const HOSTILE_TEXTS: Record<string, (length: number) => string> = {
  'backslashes in a query': (length) => `/?x=${repeated('\\')(length)}`,
  'one letter': repeated('a'),
  'words as long as a token': repeated('abcdefghijklmnop '),
  'words of base64': repeated('abcdefghijklmnopqrstuv '),
  'words joined by punctuation': repeated('abcdefghijklmnop.='),
  'base64 of words': (length) => base64(repeated('abcdefghijklmnop ')(length)).slice(0, length),
  'base64 of base64': (length) =>
    base64(base64(repeated('abcdefghijklmnop ')(length))).slice(0, length),
  'escaped percent signs': repeated('%25'),
  'a percent sign escaped again and again': (length) => `%${repeated('25')(length - 1)}`,
  'equals signs': repeated('='),
  'parameters without a value': repeated('token='),
  'parameters with an encoded name': repeated('%74oken='),
  'parameters with a space in the name': repeated('token%20='),
  'parameters with brackets': repeated('token[[[[=&'),
  'a long name before each parameter': repeated(`${'a'.repeat(150)}token=`),
  'URLs in URLs': repeated('%3Ftoken%3D'),
  'schemes without a credential': repeated('bearer '),
  'schemes joined by plus signs': repeated('bearer basic+'),
  'schemes with a plain word': repeated('basic aaaaaaaaaaaaaaaaa '),
  'names of headers': repeated('authorization: '),
  'names of headers and a quote': repeated('x-vx11-token:"'),
  'fields that do not end': repeated('"token":"'),
  'fields with an escaped quote': repeated('token: \\"'),
  'fields with many backslashes': repeated(`token: ${'\\'.repeat(16)}'`),
  'quotes and colons': repeated('":"'),
  colons: repeated(': '),
  'beginnings of a JSON Web Token': repeated('eyJaaaaaaaa-'),
  'parts of a JSON Web Token': repeated('eyJaaaaaaaa.'),
  'hyphens where a UUID has them': repeated('0123abcd-0123-4123-8123-'),
  UUIDs: repeated('0123abcd-0123-4123-8123-0123456789ab'),
};

/** A list of the item, so long. */
const list = (item: string) => (length: number) =>
  `[${Array<string>(Math.floor(length / (item.length + 1)))
    .fill(item)
    .join(',')}]`;

/** For reading a body, each as the `data` of an event. */
export const HOSTILE_BODIES: Record<string, (length: number) => string> = {
  'one long string': (length) => `"${repeated('a')(length)}"`,
  'escaped quotes': (length) => `"${'\\"'.repeat(length / 2)}"`,
  'escaped backslashes': (length) => `"${'\\\\'.repeat(length / 2)}"`,
  'escaped characters': (length) => `"${'\\u0041'.repeat(length / 6)}"`,
  'empty strings': list('""'),
  'short strings with spaces around': list(' "a" '),
  digits: list('1'),
  'one long number': repeated('1'),
  'white space': (length) => `${repeated(' ')(length)}1`,
  'white space between digits': list(' 1 '),
  'empty lists': list('[]'),
  'empty objects': list('{}'),
  'nested lists': list('[[[[[[[[[[]]]]]]]]]]'),
  members: (length) =>
    `{${Array.from({ length: length / 10 }, (_, n) => `"m${n}":${n}`).join(',')}}`,
};
