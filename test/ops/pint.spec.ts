import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Building pint from its source takes minutes. */
const BUILD_MS = 900_000;
const LINT = ['--offline', '--no-color', 'lint', '--min-severity=info', '--fail-on=info'];

const output = promisify(execFile);

describe('pint', () => {
  it(
    'has nothing to say about the rules',
    async () => {
      const built = await output(process.execPath, ['scripts/cluster-tools.mjs', 'pint']);
      const pint = join(built.stdout.trim(), 'pint');
      const { stderr } = await output(pint, [...LINT, 'ops/prometheus/rules.yaml']);
      expect(stderr).toMatch(/Checking Prometheus rules" entries=\d{2}/);
      expect(stderr).not.toContain('Problems found');
    },
    BUILD_MS,
  );
});
