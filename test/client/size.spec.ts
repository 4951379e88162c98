import { execFileSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../client/size.js', pathToFileURL(__filename)));

it('the client stays below 6 kB, with its parser, minified and gzipped', () => {
  const report = execFileSync(process.execPath, [SCRIPT], { encoding: 'utf8' });
  expect(Number(/^index\.ts: .* (\d+) gzipped/m.exec(report)?.[1])).toBeLessThanOrEqual(6_000);
});
