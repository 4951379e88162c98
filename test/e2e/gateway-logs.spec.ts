import { withGateway } from '../support/fixtures.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask, exchange } from '../support/http.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { startService } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';
import { until } from '../support/until.js';

const STREAM = '/operator/api/events/stream';

describe("the gateway's log", () => {
  const { way, gateway, caller } = withGateway({ VX11_LOG_LEVEL: 'trace' });

  /** The log lines of requests for the stream, when `count` of them have ended. */
  async function streamLines(
    count: number,
    of: TestGateway = gateway,
  ): Promise<{ url: string; status: number }[]> {
    for (;;) {
      const lines = of.log
        .map((line) => JSON.parse(line))
        .filter(({ message, url }) => message === 'request' && String(url).startsWith(STREAM));
      if (lines.length >= count) return lines;
      await ask(gateway.url, '/livez');
    }
  }

  it('masks the token of a stream that was opened, and left', async () => {
    const stream = await caller.stream();
    await stream.named('snapshot');
    await stream.close();
    const [line] = await streamLines(1);
    expect(line).toMatchObject({ url: `${STREAM}?token=***`, status: 200, aborted: true });
  });

  it('masks principal tokens in the query, wherever and however they stand', async () => {
    const encoded = caller.token
      .split('')
      .map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
      .join('');
    remember(encoded, 'encoded principal');
    for (const query of [
      `token=${caller.token}&follow=false`,
      `follow=false&token=${caller.token}`,
      `follow=false&token=${encoded}`,
      `follow=false&tok%65n=${caller.token}`,
      `follow=false&access_token=${caller.token}`,
    ]) {
      await ask(gateway.url, `${STREAM}?${query}`);
    }
    // The name stays as the client spelt it.
    for (const { url } of await streamLines(5)) {
      expect(decodeURIComponent(String(url))).toContain('token=***');
    }
  });

  it('masks tokens that were refused', async () => {
    const token = await caller.issue();
    await ask(gateway.url, `${STREAM}?token=${token}&follow=false`, {
      headers: { 'user-agent': 'first' },
    });
    await ask(gateway.url, `${STREAM}?token=${token}&follow=false`, {
      headers: { 'user-agent': 'second' },
    });
    await ask(gateway.url, `${STREAM}?token=${remember('n0-such-token-at-all', 'made-up')}`);
    const lines = await streamLines(3);
    expect(lines.map(({ status }) => status)).toEqual([200, 403, 403]);
    for (const { url } of lines) expect(url).toContain('token=***');
  });

  it('masks the token of a stream whose backend died, and of one that found none', async () => {
    const stream = await caller.stream();
    await stream.named('snapshot');
    const token = await caller.issue();
    way.cut();
    await stream.ended;
    await way.close();
    await ask(gateway.url, `${STREAM}?token=${token}`);
    const lines = await streamLines(2);
    expect(lines.map(({ status }) => status)).toEqual([200, 503]);
    for (const { url } of lines) expect(url).toBe(`${STREAM}?token=***`);
  });

  it('masks the token of a stream that got no answer in time', async () => {
    const silent = await startService(({ url }, res) => void (url === '/readyz' && res.end()));
    const impatient = await startGateway({
      VX11_BACKEND_URLS: silent.url,
      VX11_GATEWAY_UPSTREAM_SECONDS: '1',
    });
    const token = remember('n0b0dy-answers-this-one', 'unanswered');
    expect((await ask(impatient.url, `${STREAM}?token=${token}`)).status).toBe(504);
    const [line] = await streamLines(1, impatient);
    expect(line).toMatchObject({ url: `${STREAM}?token=***`, status: 504 });
    await impatient.close();
    await silent.close();
  });

  it('shows a request whose client left without a response as 499, and counts it so', async () => {
    let leave = () => {};
    const silent = await startService(({ url }, res) => {
      if (url === '/readyz') res.end();
      else leave();
    });
    const asked = await startGateway({ VX11_BACKEND_URLS: silent.url });
    const client = new AbortController();
    leave = () => client.abort();
    const url = '/operator/api/events?limit=3';
    await expect(fetch(asked.url + url, { signal: client.signal })).rejects.toThrow('aborted');
    const line = () => asked.log.map((text) => JSON.parse(text)).find((one) => one.url === url);
    await until(() => line() !== undefined);
    expect(line()).toMatchObject({ level: 'info', status: 499, aborted: true });
    expect(await asked.registry.metrics()).toMatch(
      /^vx11_http_requests_total\{.*route="\/operator\/api\/\*path",status="499"\} 1$/m,
    );
    await asked.close();
    await silent.close();
  });

  it('takes over the correlation id that operator-backend gives in place of a token', async () => {
    const own = '0b5d3c5e-8f0b-4f7c-9d57-2a3c1e9f6b11';
    const lineOf = async (path: string, id: string) => {
      const headers = { 'x-correlation-id': id, 'x-vx11-token': caller.token };
      const { headers: answered } = await ask(gateway.url, path, { headers });
      await ask(gateway.url, '/livez');
      const line = gateway.log.map((text) => JSON.parse(text)).findLast(({ url }) => url === path);
      return { answered: answered['x-correlation-id'], logged: line.correlation_id as string };
    };
    const replaced = await lineOf('/operator/api/events?limit=1', await caller.issue());
    expect(replaced.logged).toMatch(/^c_/);
    expect(replaced.logged).toBe(replaced.answered);
    expect((await lineOf('/operator/api/events?limit=2', own)).logged).toBe(own);
  });

  it('masks tokens in what is no valid request', async () => {
    const { token } = caller;
    await exchange(
      gateway.url,
      `GET ${STREAM}?token=${token} HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n`,
    );
    await exchange(gateway.url, `GET ${STREAM}/../x?token=${token} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await exchange(
      gateway.url,
      `GET http://${token}@elsewhere/?token=${token} HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    const refused = await StreamReader.open(gateway.url, `/nothing/${token}?token=${token}`);
    await refused.ended;
    expect(gateway.log.join('')).toContain('token=***');
  });
});

itLeaksNoToken();
