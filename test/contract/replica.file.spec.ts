import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileReplica } from '../../src/auth/replicas/replica.file.js';
import type { Entry, EntryKind } from '../../src/auth/replicas/replica.js';
import { fromFirstFormat, REVOCATIONS } from '../../src/auth/revocation.js';
import { Revocations } from '../../src/auth/revocations.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { newDataDir } from '../support/backend.js';
import { until } from '../support/until.js';
import { describeReplica } from './replica.contract.js';

describe('in a file', () => {
  const dataDir = newDataDir();
  const file = join(dataDir, 'below', 'revoked.json');
  const blocked = `${file}.new`;

  const open = <E extends Entry>(kind: EntryKind<E>) =>
    new FileReplica(kind, file, new SystemClock(), fromFirstFormat);
  const clean = async () => rmSync(join(dataDir, 'below'), { recursive: true, force: true });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  describeReplica('a file', {
    create: async (kind) => open(kind),
    destroy: clean,
    another: async (kind) => open(kind),
    outage: {
      // A directory stands where the draft of the file would be written.
      begin: () => mkdirSync(blocked, { recursive: true }),
      end: async () => rmSync(blocked, { recursive: true }),
    },
  });

  it('that no other user may read', async () => {
    await new Revocations(open(REVOCATIONS)).add('ana', ['c'.repeat(64)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await clean();
  });

  it('is written once that is possible, though nobody repeats the decision', async () => {
    mkdirSync(blocked, { recursive: true });
    const doNotFake = [
      'nextTick',
      'setImmediate',
      'queueMicrotask',
      'Date',
      'performance',
    ] as const;
    jest.useFakeTimers({ doNotFake: [...doNotFake] });
    const replica = new Revocations(open(REVOCATIONS));
    await expect(replica.add('ana', ['c'.repeat(64)])).rejects.toThrow(/tried again/);
    rmSync(blocked, { recursive: true });
    jest.advanceTimersByTime(5_000);
    jest.useRealTimers();
    await until(() => existsSync(file));
    expect(new Revocations(open(REVOCATIONS)).has('c'.repeat(64))).toBe(true);
    await clean();
  });

  it.each([
    ['is damaged', '{"half', 'cannot be read'],
    ['holds something else', '[{"credentialHash":"x"}]', 'holds an entry that is none'],
    ['maps no hashes', '{"x":"ana"}', 'holds an entry that is none'],
  ])('that %s ends the start instead of admitting revoked principals', async (_, text, fault) => {
    mkdirSync(join(dataDir, 'below'));
    writeFileSync(file, text);
    expect(() => open(REVOCATIONS)).toThrow(fault);
    expect(() => open(REVOCATIONS)).toThrow(/Put a good copy in its place\..* repeat those/);
    await clean();
  });

  it('of the first format is read as well', async () => {
    mkdirSync(join(dataDir, 'below'));
    writeFileSync(file, JSON.stringify({ ['c'.repeat(64)]: 'ana' }));
    expect(new Revocations(open(REVOCATIONS)).has('c'.repeat(64))).toBe(true);
    await clean();
  });
});
