import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Subject } from 'rxjs';
import { ConfigError } from '../config/config.js';
import { ProblemError } from '../kernel/problem.js';
import { Revocations } from './revocations.js';

/** Of one instance, in one small JSON file: credential → principal. */
export class FileRevocations extends Revocations {
  readonly revoked = new Subject<string>();
  private readonly byCredential: Map<string, string>;
  private writing: Promise<void> = Promise.resolve();

  /** @throws ConfigError when the file cannot be read: nobody revoked may slip in for that */
  constructor(private readonly file: string) {
    super();
    this.byCredential = new Map(Object.entries(read(file)));
  }

  has(credential: string): boolean {
    return this.byCredential.has(credential);
  }

  async add(principalId: string, credentials: readonly string[]): Promise<void> {
    for (const credential of credentials) this.byCredential.set(credential, principalId);
    this.revoked.next(principalId);
    // One after the other: each writes all that is revoked by then.
    this.writing = this.writing.catch(() => undefined).then(() => this.write());
    try {
      await this.writing;
    } catch (cause) {
      throw new ProblemError(
        'token_store_unavailable',
        'Revoked, but it could not be written down and would not outlive a restart. Send the request again, and look at the disk.',
        { retryAfterSec: 5, cause },
      );
    }
  }

  /** The file is whole at any moment: a new one takes the place of the old one. */
  private async write(): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true });
    const draft = `${this.file}.new`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(Object.fromEntries(this.byCredential), null, 2));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.file);
  }
}

function read(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new ConfigError([
      `${file}, the list of revoked credentials, cannot be read: ${(cause as Error).message}`,
    ]);
  }
}
