import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { HOP_KEY } from './hop-key.ts';
import { answers, Child } from './process/child.ts';
import { freePort } from './process/ports.ts';

const START_MS = 60_000;

export interface GatewayProcess {
  readonly url: string;
  /** A principal token with all scopes. */
  readonly token: string;
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * The built gateway as a process of its own; resolves when it answers. Its log has
 * warnings and errors only, and is in the message when it does not start.
 * @param root of the project
 */
export async function spawnGateway(
  root: string,
  env: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const token = randomBytes(24).toString('base64url');
  const port = await freePort();
  const child = new Child({
    name: 'the gateway',
    args: [join(root, '.cache/run/tentaculo-link.js')],
    cwd: root,
    env: {
      NODE_ENV: 'production',
      VX11_GATEWAY_PORT: String(port),
      VX11_GATEWAY_METRICS_PORT: '0',
      VX11_OPERATOR_TOKEN: token,
      VX11_HOP_KEYS: HOP_KEY,
      VX11_LOG_LEVEL: 'warn',
      VX11_DRAIN_SECONDS: '1',
      ...env,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await child.until(() => answers(`${url}/livez`), START_MS);
  return {
    url,
    token,
    async end(signal) {
      await child.end(signal);
    },
  };
}
