import { HopKeys, type HopClaims } from './hop-keys.js';

const NOW = 1_764_000_000_000;
const OLD = 'the-old-key-of-thirty-two-letters';
const NEW = 'the-new-key-of-thirty-two-letters';
const CLAIMS: HopClaims = {
  method: 'POST',
  target: '/operator/api/events/sse-token',
  address: '198.51.100.9',
  protocol: 'https',
  host: 'operator.example',
  principal: '',
};

describe('the signature of the gateway', () => {
  const keys = new HopKeys([NEW]);
  const signature = keys.sign(CLAIMS, NOW);

  it('is valid for the claims that it signs', () => {
    expect(keys.verify(signature, CLAIMS, NOW)).toBe(true);
  });

  it.each(Object.keys(CLAIMS) as (keyof HopClaims)[])('is invalid for a different %s', (claim) => {
    expect(keys.verify(signature, { ...CLAIMS, [claim]: 'other' }, NOW)).toBe(false);
  });

  it('is valid for five minutes, whichever clock is ahead', () => {
    for (const minutes of [-4.9, 4.9]) {
      expect(keys.verify(signature, CLAIMS, NOW + minutes * 60_000)).toBe(true);
    }
    for (const minutes of [-5.1, 5.1]) {
      expect(keys.verify(signature, CLAIMS, NOW + minutes * 60_000)).toBe(false);
    }
  });

  it.each([
    '',
    '.',
    'x',
    `${signature}.`,
    `${signature}A`,
    signature.slice(0, -1),
    `-${signature}`,
    signature.split('.')[0] as string,
    `9${signature}`,
  ])('is invalid as %j', (text) => {
    expect(keys.verify(text, CLAIMS, NOW)).toBe(false);
  });

  it('allows rotation: services accept both keys while the gateway signs with the first', () => {
    const services = new HopKeys([OLD, NEW]);
    expect(services.verify(new HopKeys([OLD]).sign(CLAIMS, NOW), CLAIMS, NOW)).toBe(true);
    expect(services.verify(new HopKeys([NEW, OLD]).sign(CLAIMS, NOW), CLAIMS, NOW)).toBe(true);
    expect(new HopKeys([NEW]).verify(new HopKeys([OLD]).sign(CLAIMS, NOW), CLAIMS, NOW)).toBe(
      false,
    );
  });
});
