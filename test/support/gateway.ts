import { startTentaculoLink, type RunningGateway } from '../../src/apps/tentaculo-link.js';
import { loadConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/kernel/logger.js';
import { newPrincipalToken } from './backend.js';
import { Caller } from './caller.js';
import { HOP_KEY } from './hop-key.js';
import { witness } from './secrets.js';
import { startService } from './service.js';

export interface TestGateway extends RunningGateway {
  /** A principal with all scopes, who only knows the gateway. */
  readonly caller: Caller;
  /** Every line that the gateway has logged, down to `debug`. */
  readonly log: string[];
  /** One of the gateway's own metrics, summed over its labels. */
  metric(name: string): Promise<number>;
}

/** One process of the gateway in this process, on a port of its own. */
export async function startGateway(env: Record<string, string> = {}): Promise<TestGateway> {
  const token = env['VX11_OPERATOR_TOKEN'] ?? newPrincipalToken();
  const log: string[] = [];
  // Without any backend the gateway would not know who is revoked, and would admit nobody.
  const feed = env['VX11_BACKEND_URLS'] === undefined ? await startService() : undefined;
  const config = loadConfig({
    NODE_ENV: 'test',
    VX11_GATEWAY_PORT: '0',
    VX11_OPERATOR_TOKEN: token,
    VX11_HOP_KEYS: HOP_KEY,
    VX11_LOG_LEVEL: 'debug',
    VX11_DRAIN_SECONDS: '1',
    ...(feed ? { VX11_BACKEND_URLS: feed.url } : {}),
    ...env,
  });
  const logger = createLogger({
    service: 'tentaculo-link',
    level: config.VX11_LOG_LEVEL,
    pretty: false,
    destination: { write: (line) => void log.push(line) },
  });
  const gateway = await startTentaculoLink(config, logger);
  return {
    ...gateway,
    caller: new Caller(gateway.url, token),
    log,
    async metric(name) {
      const values = (await gateway.registry.getSingleMetric(name)?.get())?.values;
      if (!values) throw new Error(`the gateway has no metric ${name}`);
      return values.reduce((sum, { value }) => sum + value, 0);
    },
    async close() {
      await gateway.close();
      await feed?.close();
      witness("the gateway's log", log.join(''));
      witness("the gateway's metrics", await gateway.registry.metrics());
    },
  };
}
