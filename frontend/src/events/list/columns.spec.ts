import { columnsFrom, columnsText } from './columns.js';

describe('the columns of the list', () => {
  it('are module and type unless the address says otherwise', () => {
    expect(columnsFrom(null)).toEqual(['module', 'type']);
    expect(columnsText(['type', 'module'])).toBeUndefined();
  });

  it.each([
    ['', []],
    ['source,module', ['module', 'source']],
    ['nothing,subject', ['subject']],
  ])('are read from %j, in their usual order', (text, expected) => {
    expect(columnsFrom(text)).toEqual(expected);
    expect(columnsFrom(columnsText(columnsFrom(text)) ?? null)).toEqual(expected);
  });
});
