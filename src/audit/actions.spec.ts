import { readFileSync } from 'node:fs';
import { ACTION_NAMES, actionDoc } from './actions.js';

it('docs/reference/audit.md lists every action as the code has it, and no other', () => {
  const page = readFileSync('docs/reference/audit.md', 'utf8');
  const rows = page.split('\n').filter((row) => /^\| `[a-z_]+\.[a-z_]+` \|/.test(row));
  expect(rows).toEqual(
    ACTION_NAMES.map((action) => {
      const { result, frequent, means } = actionDoc(action);
      return `| \`${action}\` | ${result} | ${frequent === undefined ? 'no' : `by the ${frequent}`} | ${means} |`;
    }),
  );
});
