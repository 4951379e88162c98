import { conditionOf, suggestionsFor, type Field } from './completion.js';

const values = (field: Field) =>
  field === 'module'
    ? [
        { value: 'shop', count: 9 },
        { value: 'workshop', count: 3 },
        { value: 'mail', count: 1 },
      ]
    : [];
const texts = (text: string) => suggestionsFor(text, values).map((one) => one.text);

describe('the completion of the search', () => {
  it.each([
    ['s', ['severity:', 'source:', 'subject:']],
    ['-mod', ['-module:']],
    ['module:sho', ['module:shop', 'module:workshop']],
    ['-module:mail', ['-module:mail']],
    ['severity:e', ['severity:error']],
    ['', []],
    ['payment failed', []],
    ['unknown:x', []],
  ])('offers for %j: %j', (text, expected) => {
    expect(texts(text)).toEqual(expected);
  });

  it('sets a condition with a value, and only completes a name', () => {
    const [name] = suggestionsFor('mod', values);
    const [value] = suggestionsFor('-module:m', values);
    expect(name?.condition).toBeUndefined();
    expect(value?.condition).toEqual({
      condition: { path: ['module'], value: 'mail' },
      wanted: false,
    });
  });

  it.each([
    ['module:shop', ['module'], 'shop', true],
    ['-type:a.b', ['type'], 'a.b', false],
    ['source:https://a/b', ['source'], 'https://a/b', true],
    ['data.order.id:7', ['data', 'order', 'id'], '7', true],
    ['data.order-id:7', ['data', 'order-id'], '7', true],
    ['-data."a.b".c:1', ['data', 'a.b', 'c'], '1', false],
  ])('reads %s as a condition', (text, path, value, wanted) => {
    expect(conditionOf(text)).toEqual({ condition: { path, value }, wanted });
  });

  it.each([
    'module:',
    'https://example.com',
    'a:b',
    'severity:loud',
    'data:x',
    'module: x',
    'at 10:30',
  ])('searches for %s as a text', (text) => {
    expect(conditionOf(text)).toBeUndefined();
  });
});
