import {
  redactJson,
  redactText,
  redactUrl,
  registerCredentialHash,
  registerCredentialLookup,
  registerSecret,
} from './redaction.js';
import { growth, MOST_GROWTH, repeated } from '../../test/support/growth.js';

const MIB = 1024 * 1024;

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Each kind of text is the worst case for one loop of the redaction. */
const HOSTILE: Record<string, (length: number) => string> = {
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

describe('the cost of redaction', () => {
  beforeAll(() => {
    registerSecret('a-registered-secret-0001');
    registerCredentialHash('ab'.repeat(32));
    registerCredentialLookup(() => false);
  });

  it.each(Object.entries(HOSTILE))('grows no faster than the text: %s', (_, hostile) => {
    const json = (length: number) => JSON.stringify({ data: hostile(length) });
    expect(growth(redactJson, json)).toBeLessThan(MOST_GROWTH);
    expect(growth(redactUrl, hostile)).toBeLessThan(MOST_GROWTH);
  });

  it('is bounded for a text of any length', () => {
    const out = redactText('no secret here '.repeat(MIB / 15));
    expect(out.length).toBeLessThan(MIB / 2);
    expect(out).toMatch(/ \(\d+ characters left out\)$/);
  });

  it('cuts no credential in two', () => {
    const bound = 256 * 1024;
    for (let before = bound - 60; before < bound; before += 1) {
      const out = redactText(
        `${'x '.repeat(before / 2)}a-registered-secret-0001 ${'y '.repeat(bound)}`,
      );
      expect(out).not.toContain('a-reg');
    }
  });
});
