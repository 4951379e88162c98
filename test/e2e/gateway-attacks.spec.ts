import { connect, type Socket } from 'node:net';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask, closed, exchange } from '../support/http.js';
import { startService, type Service } from '../support/service.js';

const CRLF = '\r\n';

/** A request's bytes, line by line, and its body. */
function bytes(lines: string[], body = ''): string {
  return [...lines, '', body].join(CRLF);
}

describe('a request that two servers could read differently', () => {
  let service: Service;
  let gateway: TestGateway;
  let auth: string;

  beforeAll(async () => {
    service = await startService();
    gateway = await startGateway({
      VX11_BACKEND_URLS: service.url,
      VX11_FRONTEND_URL: service.url,
      VX11_MADRE_URL: service.url,
      VX11_GATEWAY_HEADER_SECONDS: '1',
      VX11_GATEWAY_REQUEST_SECONDS: '1',
      VX11_GATEWAY_BODY_BYTES: '4096',
    });
    auth = `X-VX11-Token: ${gateway.caller.token}`;
  });

  afterAll(async () => {
    await Promise.all([gateway.close(), service.close()]);
  });

  /** Refused, nothing of it behind the gateway, and the gateway goes on. */
  async function expectRefused(raw: string, status: number): Promise<string> {
    const before = withoutProbes().length;
    const answer = await exchange(gateway.url, raw);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
    expect(withoutProbes()).toHaveLength(before);
    expect((await ask(gateway.url, '/livez')).status).toBe(200);
    return answer;
  }

  const withoutProbes = () => service.received.filter(({ url }) => url !== '/readyz');

  it.each([
    ['a dot segment', '/operator/ui/../../metrics'],
    ['an encoded dot segment', '/operator/ui/%2e%2e/%2e%2e/metrics'],
    ['an encoded slash', '/operator/ui/..%2f..%2fmetrics'],
    ['an encoded slash in place of a prefix', '/operator%2fapi/health'],
    ['a backslash', '/operator/ui/..\\..\\metrics'],
    ['a path to a neighbour that leaves it', '/madre/..;/operator/api/health'],
    ['an empty segment', '/madre//elsewhere/health'],
    ['an encoded NUL', '/operator/ui/index.html%00.js'],
    ['an absolute form', 'http://elsewhere.invalid/operator/api/health'],
    ['an absolute form of itself', 'http://127.0.0.1/operator/api/health'],
    ['an authority in disguise', '//elsewhere.invalid/operator/api/health'],
  ])('as a target: %s', async (_name, target) => {
    await expectRefused(bytes([`GET ${target} HTTP/1.1`, 'Host: a', auth]), 400);
  });

  it.each([
    ['two lengths', ['Content-Length: 4', 'Content-Length: 44']],
    ['a list of lengths', ['Content-Length: 4, 44']],
    ['a length with a sign', ['Content-Length: +4']],
    ['a length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 4']],
    ['chunks by another name', ['Transfer-Encoding: xchunked']],
    ['chunks twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['chunks inside another coding', ['Transfer-Encoding: gzip, chunked']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['a folded header', ['Transfer-Encoding:', ' chunked']],
    ['a bare line feed in a header', ['X-A: b\nTransfer-Encoding: chunked']],
    ['a NUL in a header', ['X-A: b\0c']],
  ])('as framing: %s', async (_name, framing) => {
    const hidden = bytes(['GET /operator/api/hidden HTTP/1.1', 'Host: a']);
    const head = ['POST /operator/api/events HTTP/1.1', 'Host: a', auth, ...framing];
    await expectRefused(bytes(head, `0\r\n\r\n${hidden}`), 400);
  });

  it('as framing: chunks where the method has no body', async () => {
    const head = ['GET /operator/api/events HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'];
    await expectRefused(bytes(head, `5\r\nhello\r\n0\r\n\r\n`), 400);
  });

  it('as a second request behind a refused one', async () => {
    const second = bytes(['GET /operator/api/hidden HTTP/1.1', 'Host: a']);
    await expectRefused(bytes(['GET /operator/../x HTTP/1.1', 'Host: a']) + second, 400);
  });

  it('no host at all', async () => {
    await expectRefused(bytes(['GET /operator/api/health HTTP/1.1']), 400);
  });

  it('CONNECT, TRACE and made-up methods', async () => {
    await expectRefused(bytes(['CONNECT elsewhere.invalid:443 HTTP/1.1', 'Host: a']), 405);
    await expectRefused(bytes(['TRACE /operator/api/health HTTP/1.1', 'Host: a']), 405);
    await expectRefused(bytes(['STEAL /operator/api/health HTTP/1.1', 'Host: a']), 400);
  });

  it('an upgrade, which is answered as the plain request that it also is', async () => {
    const answer = await exchange(
      gateway.url,
      bytes([
        'GET /operator/api/health HTTP/1.1',
        'Host: a',
        'Connection: Upgrade, close',
        'Upgrade: websocket',
      ]),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(service.received.at(-1)?.headers).not.toHaveProperty('upgrade');
  });

  it('more headers than a request may have', async () => {
    const large = `X-Large: ${'x'.repeat(20_000)}`;
    const answer = await expectRefused(
      bytes(['GET /operator/api/health HTTP/1.1', 'Host: a', large]),
      431,
    );
    expect(answer).toContain('"code":"header_too_large"');
  });

  it('a body larger than the limit, said or found out', async () => {
    const head = ['POST /operator/api/events HTTP/1.1', 'Host: a', auth];
    await expectRefused(bytes([...head, 'Content-Length: 4097'], 'x'), 413);
    const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`;
    const answer = await exchange(
      gateway.url,
      bytes([...head, 'Transfer-Encoding: chunked'], chunk + chunk),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect((await ask(gateway.url, '/livez')).status).toBe(200);
  });

  it('a chunked body that is in order, which arrives whole', async () => {
    const head = ['POST /operator/api/events HTTP/1.1', 'Host: a', 'Connection: close'];
    const body = `5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`;
    const answer = await exchange(
      gateway.url,
      bytes([...head, 'Transfer-Encoding: chunked'], body),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(service.received.at(-1)?.body).toBe('hello world');
  });

  it('a request that trickles in', async () => {
    const slow = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    const trickle = setInterval(() => slow.write('X-A: b\r\n'), 100);
    slow.write('GET /operator/api/health HTTP/1.1\r\nHost: a\r\n');
    const answer = await everything(slow);
    clearInterval(trickle);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
  });

  it('a body that trickles in', async () => {
    const slow = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    slow.write(
      bytes(['POST /operator/api/events HTTP/1.1', 'Host: a', 'Content-Length: 1000'], 'x'),
    );
    const trickle = setInterval(() => slow.write('x'), 100);
    const answer = await everything(slow);
    clearInterval(trickle);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('a connection on which nothing ever comes', async () => {
    const silent = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    expect(await everything(silent)).toMatch(/^HTTP\/1\.1 408 /);
    expect((await ask(gateway.url, '/livez')).status).toBe(200);
  });
});

async function everything(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await closed(socket);
  return text;
}
