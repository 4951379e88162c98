import { proxyRange } from '../config/formats.js';
import { normalizeAddress, TrustedProxies } from './address.js';

describe('an address', () => {
  it.each([
    ['198.51.100.9', '198.51.100.9'],
    [' 198.51.100.9 ', '198.51.100.9'],
    ['198.51.100.9:40001', '198.51.100.9'],
    ['::ffff:198.51.100.9', '198.51.100.9'],
    ['::FFFF:c633:6409', '198.51.100.9'],
    ['0:0:0:0:0:ffff:198.51.100.9', '198.51.100.9'],
    ['[::ffff:198.51.100.9]:443', '198.51.100.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:0::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is %s', (text, expected) => {
    expect(normalizeAddress(text)).toBe(expected);
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    'example.org',
    '1.2.3',
    '1.2.3.4:',
    '1.2.3.4:x',
    '1.2.3.4:5:6',
    '[::1',
    '[::1]x',
    '[1.2.3.4]:',
    '::g',
    '01.2.3.4',
    "1.2.3.4'",
  ])('%j is none', (text) => {
    expect(normalizeAddress(text)).toBeUndefined();
  });
});

describe('trusted proxies', () => {
  it('are addresses, ranges and names, in any spelling', () => {
    const trusted = new TrustedProxies([
      'loopback',
      '203.0.113.0/24',
      '2001:DB8::/32',
      '::ffff:192.0.2.1',
    ]);
    for (const address of ['127.0.0.1', '::1', '203.0.113.9', '2001:db8:1::2', '192.0.2.1']) {
      expect([address, trusted.has(address)]).toEqual([address, true]);
    }
    for (const address of ['203.0.114.1', '2001:db9::1', '10.0.0.1', '']) {
      expect([address, trusted.has(address)]).toEqual([address, false]);
    }
    expect(new TrustedProxies([]).has('127.0.0.1')).toBe(false);
  });

  it.each([
    'fe80::1%eth0',
    '::ffff:192.0.2.1',
    '::ffff:10.0.0.0/104',
    '::FFFF:a00:0/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/08',
    '10.0.0.0/',
    '[::1]',
    '10.0.0.1:80',
  ])('take %s, or the configuration refuses it', (entry) => {
    expect(proxyRange(entry) ?? new TrustedProxies([entry])).toBeTruthy();
  });

  it.each(['nginx', '1.2.3.4/', '1.2.3.4/33', '1.2.3.4/x', '1.2.3.4/8/8', '::1/129', ''])(
    'refuse %j',
    (entry) => {
      expect(() => new TrustedProxies([entry])).toThrow(/neither an address/);
    },
  );
});
