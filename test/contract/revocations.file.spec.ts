import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileRevocations } from '../../src/auth/revocations.file.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { newDataDir } from '../support/backend.js';
import { describeRevocations } from './revocations.contract.js';

describe('in a file', () => {
  const dataDir = newDataDir();
  const file = join(dataDir, 'below', 'revoked.json');
  const blocked = `${file}.new`;

  const clean = async () => rmSync(join(dataDir, 'below'), { recursive: true, force: true });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  describeRevocations('a file', {
    create: async () => new FileRevocations(file, new SystemClock()),
    destroy: clean,
    another: async () => new FileRevocations(file, new SystemClock()),
    outage: {
      // A directory stands where the draft of the file would be written.
      begin: () => mkdirSync(blocked, { recursive: true }),
      end: async () => rmSync(blocked, { recursive: true }),
    },
  });

  it('that no other user may read', async () => {
    await new FileRevocations(file, new SystemClock()).add('ana', ['c'.repeat(64)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await clean();
  });

  it.each([
    ['is damaged', '{"half', 'cannot be read'],
    ['holds something else', '[{"credentialHash":"x"}]', 'holds an entry that is no revocation'],
    ['maps no hashes', '{"x":"ana"}', 'holds an entry that is no revocation'],
  ])('that %s ends the start instead of admitting revoked principals', async (_, text, fault) => {
    mkdirSync(join(dataDir, 'below'));
    writeFileSync(file, text);
    expect(() => new FileRevocations(file, new SystemClock())).toThrow(fault);
    await clean();
  });

  it('of the first format is read as well', async () => {
    mkdirSync(join(dataDir, 'below'));
    writeFileSync(file, JSON.stringify({ ['c'.repeat(64)]: 'ana' }));
    expect(new FileRevocations(file, new SystemClock()).has('c'.repeat(64))).toBe(true);
    await clean();
  });
});
