import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Subject } from 'rxjs';
import { ConfigError } from '../config/config.js';
import type { Clock } from '../kernel/clock.js';
import { ProblemError } from '../kernel/problem.js';
import { parseRevocation, RevocationTable, type Revocation } from './revocation-table.js';
import { Revocations } from './revocations.js';

/** Revocations of one instance, in one small JSON file. */
export class FileRevocations extends Revocations {
  readonly revoked = new Subject<string>();
  readonly changed = new Subject<void>();
  private readonly table = new RevocationTable();
  private writing: Promise<void> = Promise.resolve();

  /** @throws ConfigError when the file cannot be read: a revoked principal must not be admitted for that */
  constructor(
    private readonly file: string,
    private readonly clock: Clock,
  ) {
    super();
    this.table.merge(read(file));
  }

  has(credentialHash: string): boolean {
    return this.table.has(credentialHash);
  }

  entries(): readonly Revocation[] {
    return this.table.entries;
  }

  async add(principalId: string, credentialHashes: readonly string[]): Promise<void> {
    await this.decide(principalId, credentialHashes, true);
  }

  async restore(principalId: string, credentialHashes: readonly string[]): Promise<void> {
    await this.decide(principalId, credentialHashes, false);
  }

  private async decide(
    principalId: string,
    credentialHashes: readonly string[],
    revoked: boolean,
  ): Promise<void> {
    this.table.merge(this.table.decide(principalId, credentialHashes, revoked, this.clock.now()));
    if (revoked) this.revoked.next(principalId);
    this.changed.next();
    // One write after the other; each writes everything that was decided by then.
    this.writing = this.writing.catch(() => undefined).then(() => this.write());
    try {
      await this.writing;
    } catch (cause) {
      throw new ProblemError(
        'token_store_unavailable',
        'The decision is in effect, but could not be written to the data directory and would not survive a restart. Check the disk and send the request again.',
        { retryAfterSec: 5, cause },
      );
    }
  }

  /** A new file replaces the old one in one step, so the file is complete at any time. */
  private async write(): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.new`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(this.table.entries, null, 2));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.file);
  }
}

function read(file: string): readonly Revocation[] {
  if (!existsSync(file)) return [];
  const fault = (what: string) =>
    new ConfigError([`${file}, the list of revoked credentials, ${what}`]);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw fault(`cannot be read: ${(cause as Error).message}`);
  }
  const rows = Array.isArray(content) ? content : fromFirstFormat(content);
  return rows.map((row: unknown) => {
    const entry = parseRevocation(row);
    if (!entry) throw fault('holds an entry that is no revocation');
    return entry;
  });
}

/** The first format was an object, credential hash → principal id; it knew no restores. */
function fromFirstFormat(content: unknown): unknown[] {
  return Object.entries(Object(content) as Record<string, unknown>).map(
    ([credentialHash, principalId]) => ({ credentialHash, principalId, revoked: true, at: 0 }),
  );
}
