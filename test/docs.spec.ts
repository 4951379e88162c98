import { readFileSync } from 'node:fs';
import { PROBLEMS } from '../src/kernel/problem.js';

describe('documentation', () => {
  it('lists every error code with its status and title, and no other', () => {
    const rows = [
      ...readFileSync('docs/reference/errors.md', 'utf8').matchAll(
        /^\| `(\w+)` \| (\d+) \| (.+?) \| .+ \|$/gm,
      ),
    ].map(([, code, status, title]) => [code, Number(status), title]);
    expect(rows).toEqual(Object.entries(PROBLEMS).map(([code, row]) => [code, ...row]));
  });
});
