import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutTrailingSlashes } from './addresses.js';

/** What the `vx11` command takes from the environment. */
export interface CommandLineEnvironment {
  /** The gateway, without a slash at the end. */
  readonly url: string;
  /** A principal token, or undefined when none is configured. */
  readonly token: string | undefined;
  /** `VX11_REDIS_URL`, for `vx11 doctor`; undefined when none is configured. */
  readonly redisUrl: string | undefined;
}

/**
 * `VX11_URL` and the principal token: `VX11_TOKEN`, the file that `VX11_TOKEN_FILE`
 * names, or on a development machine the token that `npm start` made.
 * @throws Error when the named file cannot be read
 */
export function commandLineEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): CommandLineEnvironment {
  // An empty or blank variable counts as absent, as for the services.
  const value = (name: string) => env[name]?.trim() || undefined;
  const url = value('VX11_URL') ?? `http://127.0.0.1:${value('VX11_GATEWAY_PORT') ?? '8000'}`;
  return {
    url: withoutTrailingSlashes(url),
    token: tokenOf(value),
    redisUrl: value('VX11_REDIS_URL'),
  };
}

function tokenOf(value: (name: string) => string | undefined): string | undefined {
  const token = value('VX11_TOKEN');
  if (token !== undefined) return token;
  const file = value('VX11_TOKEN_FILE');
  if (file !== undefined) return readToken(file);
  const development = join(value('VX11_DATA_DIR') ?? '.data', 'dev-token');
  return existsSync(development) ? readToken(development) : undefined;
}

/** @throws the system's error, which names the file, as not each of them does by itself */
function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { message } = error as Error;
    throw Object.assign(error as Error, { message: `${file} cannot be read: ${message}` });
  }
}
