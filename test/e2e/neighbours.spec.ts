import { startNeighbour } from '../../src/apps/neighbour.js';
import { loadConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/kernel/logger.js';
import { newPrincipalToken, startBackend, type TestBackend } from '../support/backend.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken, remember, witness } from '../support/secrets.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service.js';

describe('a neighbour', () => {
  const log: string[] = [];
  let token: string;

  beforeEach(() => {
    token = remember(newPrincipalToken(), 'neighbour');
  });

  afterAll(() => witness("the neighbours' log", log.join('')));

  function start(name: string | undefined, urls: string, env: Record<string, string> = {}) {
    const config = loadConfig({
      NODE_ENV: 'test',
      VX11_MADRE_PORT: '0',
      VX11_SWITCH_PORT: '0',
      VX11_HERMES_PORT: '0',
      VX11_BACKEND_URLS: urls,
      VX11_NEIGHBOUR_TOKEN: token,
      VX11_NEIGHBOUR_REPORT_SECONDS: '1',
      ...env,
    });
    const logger = createLogger({
      service: name ?? 'neighbour',
      level: 'debug',
      pretty: false,
      destination: { write: (line) => void log.push(line) },
    });
    return startNeighbour(name, config, logger);
  }

  function startBackendForNeighbours(env: Record<string, string> = {}): Promise<TestBackend> {
    return startBackend({ VX11_NEIGHBOUR_TOKEN: token, ...env });
  }

  it('publishes its start, its load and its end', async () => {
    const backend = await startBackendForNeighbours();
    const stream = await backend.caller.stream({ query: '&module=hermes' });
    await stream.named('snapshot');
    const hermes = await start('hermes', backend.url);
    const started = await stream.ofType('vx11.neighbour.started');
    expect(started.data).toMatchObject({
      source: '/hermes',
      module: 'hermes',
      severity: 'info',
      data: { summary: 'hermes has started' },
    });
    const load = await stream.ofType('vx11.neighbour.load');
    expect(load.data.data).toMatchObject({
      summary: expect.stringMatching(/^hermes uses [\d.]+ cores and \d+ MiB/),
      cpu_cores: expect.any(Number),
      event_loop_delay_p99_ms: expect.any(Number),
      memory_rss_bytes: expect.any(Number),
      memory_heap_bytes: expect.any(Number),
    });
    await hermes.close();
    expect((await stream.ofType('vx11.neighbour.stopping')).data.severity).toBe('warn');
    await stream.close();
    await backend.close();
  });

  it('may do nothing but publish', async () => {
    const backend = await startBackendForNeighbours();
    const headers = { 'x-vx11-token': token };
    const answers = await Promise.all([
      ask(backend.url, '/operator/api/events', { headers }),
      ask(backend.url, '/operator/api/events/sse-token', { method: 'POST', headers }),
      ask(backend.url, '/operator/api/events/stream', { headers }),
      ask(backend.url, '/operator/api/streams', { headers }),
    ]);
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual(
      Array(4).fill([403, 'insufficient_scope']),
    );
    await backend.close();
  });

  it('keeps what it has to say while operator-backend is away, and says it once', async () => {
    const backend = await startBackendForNeighbours();
    // The answer to the first attempt is lost, so the neighbour has to say it all again.
    let lost = 0;
    const lossy = await startService(({ url, headers, body }, res) => {
      void ask(backend.url, url, { method: 'POST', headers, body }).then(() => {
        lost += 1;
        res.socket?.destroy();
      });
    });
    // Five failures in a row: the outbox reports the fifth, and then that publishing works again.
    const nobody = [1, 2, 3, 4].map((port) => `http://127.0.0.1:${port}`);
    const urls = [...nobody, lossy.url, backend.url];
    const madre = await start('madre', urls.join(), { VX11_NEIGHBOUR_REPORT_SECONDS: '3600' });
    const recovered = () =>
      log.some((line) => line.includes('"service":"madre"') && line.includes('works again'));
    expect(await eventually(() => Promise.resolve(recovered()), Boolean)).toBe(true);
    expect(lost).toBeGreaterThan(0);
    const { json } = await backend.caller.api('/events?type=vx11.neighbour.started');
    expect(json.events).toHaveLength(1);
    await madre.close();
    await Promise.all([backend.close(), lossy.close()]);
  });

  it('answers for its health, and shows its own metrics', async () => {
    const madre = await start('madre', 'http://127.0.0.1:1');
    const health = await ask(madre.url, '/health');
    expect([health.status, health.json]).toMatchObject([200, { status: 'ok', service: 'madre' }]);
    expect((await ask(madre.url, '/metrics')).text).toContain('vx11_build_info{app="madre"');
    await madre.close();
  });

  it('does not start under another name, and says which there are', async () => {
    for (const name of ['athena', '', undefined]) {
      await expect(start(name, 'http://127.0.0.1:1')).rejects.toThrow(/madre, switch, hermes/);
    }
  });
});

itLeaksNoToken();
