// @needs redis-server
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');
/** With this seed three faults fall into so few seconds. */
const RUN = ['--seed', '3', '--seconds', '15', '--clients', '60', '--rate', '200'];

/** A short run of `npm run test:chaos`, with faults that follow from the seed. */
describe('a system under load whose processes and connections fail', () => {
  it('loses nothing and doubles nothing', async () => {
    const args = ['test/chaos/run.mjs', 'monkey', ...RUN];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stdout.match(/^ +\d+\.\d s {2}/gm)).toHaveLength(3);
    expect(stdout).toMatch(/^lost +0$/m);
    expect(stdout).toMatch(/^doubled +0$/m);
    expect(stdout).toMatch(/^held: monkey, seed 3$/m);
  }, 300_000);
});
