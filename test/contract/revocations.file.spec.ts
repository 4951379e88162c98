import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileRevocations } from '../../src/auth/revocations.file.js';
import { newDataDir } from '../support/backend.js';
import { describeRevocations } from './revocations.contract.js';

describe('in a file', () => {
  const dataDir = newDataDir();
  const file = join(dataDir, 'below', 'revoked.json');
  const blocked = `${file}.new`;

  const clean = async () => rmSync(join(dataDir, 'below'), { recursive: true, force: true });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  describeRevocations('a file', {
    create: async () => new FileRevocations(file),
    destroy: clean,
    another: async () => new FileRevocations(file),
    outage: {
      // A directory stands where the draft of the file would be written.
      begin: () => mkdirSync(blocked, { recursive: true }),
      end: async () => rmSync(blocked, { recursive: true }),
    },
  });

  it('that nobody else may read', async () => {
    await new FileRevocations(file).add('ana', ['c'.repeat(64)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await clean();
  });

  it('that is damaged ends the start, rather than let everybody in', async () => {
    mkdirSync(join(dataDir, 'below'));
    writeFileSync(file, '{"half');
    expect(() => new FileRevocations(file)).toThrow('cannot be read');
    await clean();
  });
});
