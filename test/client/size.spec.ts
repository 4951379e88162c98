import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const DOCUMENTED = {
  'index.ts': '`@vx11/events-client`',
  'shared/index.ts': '`@vx11/events-client/shared`',
  'shared/worker.ts': 'the worker, loaded with it',
};

describe('the size of the client, with its parser, minified and gzipped', () => {
  const report = execFileSync(process.execPath, [join(ROOT, 'client/size.js')], {
    encoding: 'utf8',
  });
  const LINE = /^(\S+): (\d+) bytes minified, (\d+) gzipped \(limit (\d+)\)$/gm;
  const sizes = [...report.matchAll(LINE)].map(([, entry = '', ...numbers]) => ({
    entry: entry as keyof typeof DOCUMENTED,
    numbers,
  }));

  it('is below 6 kB', () => {
    const own = sizes.find(({ entry }) => entry === 'index.ts');
    expect(Number(own?.numbers[1])).toBeLessThan(6_000);
  });

  it('is what the reference says', () => {
    const reference = readFileSync(join(ROOT, 'docs/reference/client.md'), 'utf8');
    for (const { entry, numbers } of sizes) {
      expect(reference).toContain(`| ${DOCUMENTED[entry]} | ${numbers.join(' | ')} |`);
    }
    expect(sizes).toHaveLength(3);
  });
});
