import { rmSync } from 'node:fs';
import { newDataDir, newPrincipalToken, witnessFiles } from '../../support/backend.js';
import { Caller } from '../../support/caller.js';
import { build } from '../../support/process.js';
import { OurProcess } from './processes.js';

/** What stands behind the panel: backend, panel server and gateway, each a process of its own. */
export interface Stack {
  /** The gateway, where browsers go. */
  readonly url: string;
  readonly backend: OurProcess;
  readonly gateway: OurProcess;
  /** An operator with all scopes, at the backend itself. */
  readonly caller: Caller;
  stop(): Promise<void>;
}

export async function startStack(env: Record<string, string> = {}): Promise<Stack> {
  await build();
  const token = newPrincipalToken();
  const dataDir = newDataDir();
  const common = { VX11_OPERATOR_TOKEN: token, VX11_DATA_DIR: dataDir, VX11_DRAIN_SECONDS: '1' };
  const backend = new OurProcess('operator-backend', 'VX11_BACKEND_PORT', { ...common, ...env });
  const frontend = new OurProcess('operator-frontend', 'VX11_FRONTEND_PORT', common);
  await Promise.all([backend.start(), frontend.start()]);
  const gateway = await new OurProcess('tentaculo-link', 'VX11_GATEWAY_PORT', {
    ...common,
    VX11_BACKEND_URLS: backend.url,
    VX11_FRONTEND_URL: frontend.url,
    VX11_GATEWAY_METRICS_PORT: '0',
    VX11_GATEWAY_CONNECTIONS: '200',
    VX11_GATEWAY_WORKERS: '1',
  }).start();
  return {
    url: gateway.url,
    backend,
    gateway,
    caller: new Caller(backend.url, token),
    async stop() {
      await Promise.all([gateway, frontend, backend].map((one) => one.end('SIGTERM')));
      witnessFiles(dataDir);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
