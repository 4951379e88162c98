import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Caller } from '../../test/support/caller.js';
import { answers } from '../../test/support/process/child.ts';
import { ServerProcess } from '../../test/support/process/server-process.ts';
import { Alertmanager, Prometheus, shortened } from '../../test/support/prometheus.js';
import { freePort } from '../../test/support/process/ports.ts';
import { ask } from '../../test/support/http.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { startService, type Service } from '../../test/support/service.js';
import { until } from '../../test/support/until.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';

/** Smaller than in production, so that one machine can exceed them. Windows are 10 s, waiting times 1 s. */
const THRESHOLDS = shortened({
  tokenRequests: { perSecond: 10 },
  activeTokens: { count: 100 },
  validationFailures: { perSecond: 5 },
  principalFallback: { minimum: 5 },
  issuing: { minimum: 5 },
  opening: { p99Seconds: 0.005, minimum: 5 },
  delivery: { p99Seconds: 0.25, minimum: 5 },
  validation: { minimum: 5 },
  errors: { minimum: 5 },
  latency: { minimum: 5 },
  slowConsumers: { count: 0 },
  rateLimited: { perSecond: 1 },
  issuerKeys: { failures: 0 },
  audit: { failures: 3 },
  burn: { minimum: 5 },
});

const LOG_LENGTH = 500;
/** The key of the audit trail in Redis. */
const TRAIL = '{vx11:audit}:entries';
/** A principal whose rate is low, and one that is revoked. */
const OTHERS = ['limited', 'leaked'] as const;

/** The running system that a drill breaks: two instances on one Redis behind a gateway, and what watches them. */
export class DrillSystem {
  readonly backends: ServerProcess[] = [];
  gateway!: ServerProcess;
  /** A neighbour, not started. */
  madre!: ServerProcess;
  redis!: RedisServer;
  /** The instances' way to Redis, which can be slowed and cut. */
  way!: TcpProxy;
  /** The gateway's ways to the instances, which can be cut. */
  readonly backendWays: TcpProxy[] = [];
  prometheus!: Prometheus;
  alertmanager!: Alertmanager;
  pager!: Service;
  chat!: Service;
  /** A principal with all scopes. */
  operator!: Caller;
  readonly others = {} as Record<(typeof OTHERS)[number], Caller>;
  readonly home = mkdtempSync(join(tmpdir(), 'vx11-drill-'));

  /** @param path where commands are found */
  constructor(private readonly path: string) {}

  async start(): Promise<this> {
    // As docs/operational/redis.md wants it: a Redis that is killed loses nothing it accepted.
    this.redis = await RedisServer.start({
      settings: { appendonly: 'yes', appendfsync: 'always' },
    });
    this.way = await TcpProxy.to(this.redis.port);
    const secret = () => randomBytes(24).toString('base64url');
    const tokens = { operator: secret(), limited: secret(), leaked: secret() };
    const principals = await this.principals(tokens);
    const hopKey = secret() + secret();
    const shared = {
      VX11_PRINCIPALS_FILE: principals,
      VX11_HOP_KEYS: hopKey,
      VX11_TOKEN_KEYS: secret() + secret(),
      // At `info` a process says when it listens.
      VX11_LOG_LEVEL: 'info',
      VX11_DRAIN_SECONDS: '2',
    };
    const gatewayPort = await freePort();
    const metricsPort = await freePort();
    const issuerPort = await freePort();
    const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
    for (const index of [1, 2]) {
      this.backends.push(
        new ServerProcess({
          name: `operator-backend ${index}`,
          entry: '.cache/run/operator-backend.js',
          portVariable: 'VX11_BACKEND_PORT',
          port: await freePort(),
          env: {
            ...shared,
            VX11_REDIS_URL: `redis://127.0.0.1:${this.way.port}`,
            VX11_EVENT_LOG_LENGTH: String(LOG_LENGTH),
            VX11_STREAM_BUFFER_BYTES: '131072',
            VX11_GATEWAY_URL: gatewayUrl,
            // Nobody listens there.
            VX11_OIDC_ISSUER: `http://127.0.0.1:${issuerPort}`,
            VX11_OIDC_AUDIENCE: 'vx11',
            VX11_WATCH_FAILURES: '20',
            VX11_WATCH_UNUSED_TOKENS: '20',
            VX11_WATCH_ADMIN_ACTS: '10',
            VX11_DATA_DIR: join(this.home, `data-${index}`),
          },
        }),
      );
    }
    for (const { port } of this.backends) this.backendWays.push(await TcpProxy.to(port));
    this.madre = new ServerProcess({
      name: 'madre',
      entry: '.cache/run/neighbour.js',
      args: ['madre'],
      portVariable: 'VX11_MADRE_PORT',
      port: await freePort(),
      env: {
        ...shared,
        VX11_NEIGHBOUR_TOKEN: secret(),
        VX11_BACKEND_URLS: this.backends[0]?.url ?? '',
      },
    });
    this.gateway = new ServerProcess({
      name: 'tentaculo-link',
      entry: '.cache/run/tentaculo-link.js',
      portVariable: 'VX11_GATEWAY_PORT',
      port: gatewayPort,
      env: {
        ...shared,
        VX11_BACKEND_URLS: this.backendWays.map(({ url }) => url).join(','),
        VX11_GATEWAY_METRICS_PORT: String(metricsPort),
        VX11_GATEWAY_WORKERS: '1',
        VX11_MADRE_PORT: String(this.madre.port),
        VX11_DATA_DIR: join(this.home, 'data-gateway'),
      },
    });
    await Promise.all(this.backends.map(async (one) => (await one.start()).ready()));
    await (await this.gateway.start()).ready('/health');
    this.operator = new Caller(gatewayUrl, tokens.operator);
    for (const name of OTHERS) this.others[name] = new Caller(gatewayUrl, tokens[name]);
    await this.watch(gatewayUrl, tokens.operator, metricsPort);
    const shim = join(this.home, 'vx11');
    writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" .cache/run/vx11.js "$@"\n`);
    chmodSync(shim, 0o700);
    return this;
  }

  /** What the commands of the runbooks find in their environment. */
  get environment(): Record<string, string> {
    return {
      PATH: `${this.home}:${this.path}`,
      VX11_URL: this.operator.url,
      VX11_TOKEN: this.operator.token,
      BACKEND: this.backends[0]?.url ?? '',
      PRINCIPAL: 'leaked',
    };
  }

  /** Whether the gateway and all instances serve: a drill begins with a healthy system. */
  async isReady(): Promise<boolean> {
    const urls = [this.gateway.url, ...this.backends.map(({ url }) => url)];
    return (await Promise.all(urls.map((url) => answers(`${url}/readyz`)))).every(Boolean);
  }

  /** Somebody with another token. */
  as(token: string): Caller {
    return new Caller(this.operator.url, token);
  }

  /** A request for madre through the gateway, as `operator`. */
  async askMadre(): Promise<void> {
    await ask(this.operator.url, '/madre/health', {
      headers: { 'x-vx11-token': this.operator.token },
    });
  }

  /** Puts a text where the audit trail is: nothing else in Redis is touched. */
  async replaceTrail(): Promise<void> {
    await this.withRedis(async (redis) => {
      await redis.rename(TRAIL, `${TRAIL}:away`);
      await redis.set(TRAIL, 'not a stream');
    });
  }

  async restoreTrail(): Promise<void> {
    await this.withRedis((redis) => redis.rename(`${TRAIL}:away`, TRAIL));
  }

  async stop(): Promise<void> {
    await this.prometheus?.stop();
    await this.alertmanager?.stop();
    await this.gateway?.end('SIGKILL');
    await this.madre?.end('SIGKILL');
    await Promise.all(this.backends.map((one) => one.end('SIGKILL')));
    await Promise.all([this.way, ...this.backendWays].map((way) => way?.close()));
    await this.redis?.remove();
    await this.pager?.close();
    await this.chat?.close();
    rmSync(this.home, { recursive: true, force: true });
  }

  private async withRedis(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = new Redis(this.redis.url);
    await work(redis).finally(() => redis.disconnect());
  }

  private async principals(tokens: Record<string, string>): Promise<string> {
    const { createHash } = await import('node:crypto');
    const scopes = ['events:read', 'events:publish', 'streams:admin', 'audit:read'];
    const file = join(this.home, 'principals.json');
    const rows = Object.entries(tokens).map(([id, token]) => ({
      id,
      tokenSha256: createHash('sha256').update(token).digest('hex'),
      scopes,
      ...(id === 'limited' ? { rateLimit: 1 } : {}),
    }));
    writeFileSync(file, JSON.stringify(rows), { mode: 0o600 });
    return file;
  }

  private async watch(gatewayUrl: string, token: string, metricsPort: number): Promise<void> {
    this.pager = await startService((_request, res) => {
      res.writeHead(202).end('{"status":"success","message":"Event processed","dedup_key":"-"}');
    });
    this.chat = await startService((_request, res) => res.end('ok'));
    this.alertmanager = await Alertmanager.start({
      pagerduty: this.pager.url,
      chat: this.chat.url,
      vx11: `${gatewayUrl}/operator/api/intake/alertmanager`,
      vx11Token: token,
    });
    this.prometheus = await Prometheus.start({
      targets: {
        'operator-backend': this.backends.map(({ url }) => new URL(url).host),
        'tentaculo-link': [`127.0.0.1:${metricsPort}`],
      },
      alertmanager: new URL(this.alertmanager.url).host,
      thresholds: THRESHOLDS,
    });
    // A counter that grows before its first sample is taken has not grown for Prometheus.
    await until(async () => {
      const up = await this.prometheus.query('up{job!="prometheus"} == 1');
      return up.length === this.backends.length + 1;
    });
  }
}
