import { decimalOf } from './decimal.js';

describe('a whole number as text', () => {
  it.each([
    ['0', 0],
    ['16', 16],
    ['999999999999999', 999_999_999_999_999],
  ])('reads %s', (text, number) => {
    expect(decimalOf(text)).toBe(number);
  });

  it.each([
    '',
    ' ',
    '0x10',
    '0b1',
    '0o7',
    '1e2',
    '1.0',
    '+1',
    '-1',
    '010',
    ' 7',
    '7\n',
    '٣',
    '1_0',
  ])('refuses %j', (text) => {
    expect(decimalOf(text)).toBeUndefined();
  });
});
