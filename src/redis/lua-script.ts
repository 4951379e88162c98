import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * A Lua script for Redis and its SHA-1, which is enough once the server knows it.
 * Every key that a script touches is declared or shares the slot of one that is,
 * and it uses no command that is newer than Redis 6.2.
 */
export class LuaScript {
  readonly sha: string;

  constructor(readonly source: string) {
    this.sha = hash('sha1', source, 'hex');
  }

  /**
   * Several files make one script: the first ones define functions for the last one.
   * @param module `import.meta.url` of the caller; the files lie in its directory.
   *   The build copies them there, for the bundles too, where all lie in one directory.
   * @throws at the start of the process when a file is missing
   */
  static load(module: string, ...files: readonly string[]): LuaScript {
    return new LuaScript(
      files.map((file) => readFileSync(new URL(file, module), 'utf8')).join('\n'),
    );
  }
}
