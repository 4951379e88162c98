import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

export interface GatewayProcess {
  readonly url: string;
  /** A principal token with all scopes. */
  readonly token: string;
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * The built gateway as a process of its own; resolves when it answers. Its log goes to
 * stderr of this process, from `warn` on.
 * @param root of the project
 */
export async function spawnGateway(
  root: string,
  env: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const token = randomBytes(24).toString('base64url');
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, 'dist/tentaculo-link.js')], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      VX11_GATEWAY_PORT: String(port),
      VX11_GATEWAY_METRICS_PORT: '0',
      VX11_OPERATOR_TOKEN: token,
      VX11_LOG_LEVEL: 'warn',
      VX11_DRAIN_SECONDS: '1',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error('the gateway ended before it answered');
    await delay(POLL_MS);
  }
  return {
    url,
    token,
    async end(signal) {
      child.kill(signal);
      await exited;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
