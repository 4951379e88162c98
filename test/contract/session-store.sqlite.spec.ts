import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteSessionStore } from '../../src/auth/identity/session-store.sqlite.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { newDataDir } from '../support/backend.js';
import { describeSessionStore } from './session-store.contract.js';

let dataDir: string;
const open: SqliteSessionStore[] = [];

async function store(): Promise<SqliteSessionStore> {
  const one = new SqliteSessionStore(join(dataDir, 'sessions.sqlite'), new SystemClock());
  open.push(one);
  return one;
}

describeSessionStore('an SQLite file', {
  create() {
    dataDir = newDataDir();
    return store();
  },
  async destroy() {
    for (const one of open.splice(0)) one.close();
    rmSync(dataDir, { recursive: true, force: true });
  },
  another: store,
});
