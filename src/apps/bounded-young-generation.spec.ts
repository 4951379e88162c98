import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../../test/support/process/child.js';

/** Keeps 8 million objects, which V8 answers with the largest young generation that it may have. */
const CROWD = `
const kept = [];
for (let i = 0; i < 8e6; i += 1) kept.push({ i });
const spaces = require('node:v8').getHeapSpaceStatistics();
console.log(spaces.find(({ space_name }) => space_name === 'new_space').space_size);`;

describe('the young generation of operator-backend', () => {
  it('does not grow beyond 32 MiB, whatever is allocated', async () => {
    const child = new Child({
      name: 'crowd',
      args: ['--import', join(__dirname, 'bounded-young-generation.ts'), '-e', CROWD],
    });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.lines).toEqual([String(32 * 1024 * 1024)]);
  });

  it.each([
    ['operator-backend', 'bounded'],
    ['tentaculo-link', 'small'],
  ])('is set in %s before anything else is loaded', async (service, size) => {
    const source = await readFile(join(__dirname, `../${service}.ts`), 'utf8');
    expect(source).toMatch(new RegExp(`^import './apps/${size}-young-generation.js';`));
  });
});
