import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryAdministrationTurns } from '../../src/auth/principals/administration-turns.memory.js';
import { PRINCIPAL_RECORDS } from '../../src/auth/principals/principal-record.js';
import { FileReplica } from '../../src/auth/replicas/replica.file.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { newDataDir } from '../support/backend.js';
import { describeAdministrationTurns } from './administration-turns.contract.js';

describe('of a single instance', () => {
  const dataDir = newDataDir();
  const file = join(dataDir, 'principals.json');

  describeAdministrationTurns('memory', {
    create: async () => ({
      turns: new MemoryAdministrationTurns(),
      records: new FileReplica(PRINCIPAL_RECORDS, file, new SystemClock()),
    }),
    destroy: async () => rmSync(file, { force: true }),
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
});
