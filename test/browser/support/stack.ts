import { rmSync } from 'node:fs';
import { newDataDir, newPrincipalToken } from '../../support/backend.js';
import { Caller } from '../../support/caller.js';
import { HOP_KEY } from '../../support/hop-key.js';
import { build, ourServer } from '../../support/process.js';
import type { ServerProcess } from '../../support/process/server-process.ts';

/** Backend, panel server and gateway, each a process of its own. */
export interface Stack {
  /** The gateway, where browsers go. */
  readonly url: string;
  readonly backend: ServerProcess;
  readonly gateway: ServerProcess;
  /** An operator with all scopes, at the backend itself. */
  readonly caller: Caller;
  stop(): Promise<void>;
}

/**
 * @param env of the backend
 * @param shared of all three processes
 */
export async function startStack(
  env: Record<string, string> = {},
  shared: Record<string, string> = {},
): Promise<Stack> {
  await build();
  const token = newPrincipalToken();
  const dataDir = newDataDir();
  const common = {
    VX11_OPERATOR_TOKEN: token,
    VX11_HOP_KEYS: HOP_KEY,
    VX11_DATA_DIR: dataDir,
    VX11_DRAIN_SECONDS: '1',
    ...shared,
  };
  const backend = ourServer({
    entry: '.cache/run/operator-backend.js',
    portVariable: 'VX11_BACKEND_PORT',
    env: { ...common, ...env },
  });
  const frontend = ourServer({
    entry: '.cache/run/operator-frontend.js',
    portVariable: 'VX11_FRONTEND_PORT',
    env: common,
  });
  await Promise.all([backend.start(), frontend.start()]);
  const gateway = await ourServer({
    entry: '.cache/run/tentaculo-link.js',
    portVariable: 'VX11_GATEWAY_PORT',
    env: {
      ...common,
      VX11_BACKEND_URLS: backend.url,
      VX11_FRONTEND_URL: frontend.url,
      VX11_GATEWAY_METRICS_PORT: '0',
      VX11_GATEWAY_CONNECTIONS: '200',
      VX11_GATEWAY_WORKERS: '1',
    },
  }).start();
  return {
    url: gateway.url,
    backend,
    gateway,
    caller: new Caller(backend.url, token),
    async stop() {
      await Promise.all([gateway, frontend, backend].map((one) => one.end('SIGTERM')));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
