import { checked } from '../http/body.js';
import { FilterQuery } from './query.js';

const typesOf = async (type: unknown) =>
  (await checked(FilterQuery, { type }, 'invalid_query')).type;

describe('a filter in the query', () => {
  it('is a comma list where the parameter occurs once', async () => {
    expect(await typesOf('a,b')).toEqual(['a', 'b']);
    expect(await typesOf('a,,')).toEqual(['a']);
  });

  it('keeps the commas of a repeated parameter', async () => {
    expect(await typesOf(['a,b', 'c'])).toEqual(['a,b', 'c']);
    expect(await typesOf(['a,b', ''])).toEqual(['a,b']);
  });

  it('refuses what is neither', async () => {
    await expect(typesOf([{ a: 1 }])).rejects.toMatchObject({ code: 'invalid_query' });
  });
});
