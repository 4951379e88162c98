import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildTools } from '../../scripts/lib/cluster-tools.mjs';

/** Building pint from its source takes minutes. */
const BUILD_MS = 900_000;
const RULES = ['ops/prometheus/rules.yaml'];

describe('pint', () => {
  it(
    'has nothing to say about the rules',
    async () => {
      const [folder = ''] = buildTools(['pint'], (line) => process.stderr.write(`${line}\n`));
      const lint = ['--offline', '--no-color', 'lint', '--min-severity=info', '--fail-on=info'];
      const { stderr } = await promisify(execFile)(join(folder, 'pint'), [...lint, ...RULES]);
      expect(stderr).toMatch(/Checking Prometheus rules" entries=\d{2}/);
      expect(stderr).not.toContain('Problems found');
    },
    BUILD_MS,
  );
});
