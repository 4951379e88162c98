import {
  redactJson,
  redactText,
  redactUrl,
  registerCredentialHash,
  registerCredentialLookup,
  registerSecret,
} from './redaction.js';
import { growth, MOST_GROWTH } from '../../test/support/growth.js';
import { HOSTILE_TEXTS } from '../../test/support/hostile-inputs.js';

const MIB = 1024 * 1024;

describe('the cost of redaction', () => {
  beforeAll(() => {
    registerSecret('a-registered-secret-0001');
    registerCredentialHash('ab'.repeat(32));
    registerCredentialLookup(() => false);
  });

  it.each(Object.entries(HOSTILE_TEXTS))('grows no faster than the text: %s', (_, hostile) => {
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
