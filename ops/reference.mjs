// npm run reference: writes docs/reference/metrics.md and docs/reference/http.md from running processes.
import { writeFileSync } from 'node:fs';
import { bootstrap, giveUp, refuseArguments } from '../scripts/lib/bootstrap.mjs';

refuseArguments();
await bootstrap(import.meta.url);
try {
  await import('../test/support/typescript.mjs');
  const { startBackend } = await import('../test/support/backend.ts');
  const { startGateway } = await import('../test/support/gateway.ts');
  const { RedisServer } = await import('../test/support/redis-server.ts');
  const { httpReference, metricsReference } = await import('./references.ts');
  const { register } = await import('prom-client');
  const redis = await RedisServer.start();
  const backend = await startBackend({ VX11_REDIS_URL: redis.url });
  const gateway = await startGateway({ VX11_BACKEND_URLS: backend.url });
  const description = await (await fetch(`${backend.url}/docs-json`)).json();
  writeFileSync('docs/reference/http.md', httpReference(description));
  writeFileSync(
    'docs/reference/metrics.md',
    await metricsReference({ 'operator-backend': register, 'tentaculo-link': gateway.registry }),
  );
  await gateway.close();
  await backend.close();
  await redis.remove();
} catch (error) {
  giveUp(error);
}
