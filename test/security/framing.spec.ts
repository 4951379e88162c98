import { connect } from 'node:net';
import { join } from 'node:path';
import { spawnGateway, type GatewayProcess } from '../support/gateway-process.js';
import { closed } from '../support/http.js';
import { build } from '../support/process.js';
import { fuzzGateway } from './framing/campaign.js';
import { Recorder } from './framing/recorder.js';
import { valuesOf, type Message } from './framing/strict-parser.js';

const ROOT = join(__dirname, '../..');
const HIDDEN = 'GET /operator/api/hidden HTTP/1.1\r\nHost: a\r\n\r\n';

/** Sends the bytes; resolves to all that came back until the gateway closed. */
async function exchange(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1');
  let text = '';
  socket.on('data', (piece: string) => (text += piece));
  socket.write(bytes, 'latin1');
  await closed(socket);
  return text;
}

function request(method: string, fields: string[], body = ''): string {
  return [`${method} /operator/api/health HTTP/1.1`, 'Host: a', ...fields, '', body].join('\r\n');
}

const hidden = (method: string, ...fields: string[]) =>
  request(method, [...fields, `Content-Length: ${HIDDEN.length}`], HIDDEN);

beforeAll(build, 120_000);

describe('requests that two servers could split in two ways', () => {
  const arrived: Message[] = [];
  let recorder: Recorder;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    recorder = await Recorder.start({
      arrived: (message) => void arrived.push(message),
      broken: (why) => {
        throw new Error(`the gateway sent what is no HTTP: ${why}`);
      },
    });
    gateway = await spawnGateway(ROOT, {
      VX11_BACKEND_URLS: recorder.url,
      VX11_MADRE_URL: recorder.url,
      VX11_GATEWAY_WORKERS: '1',
      VX11_GATEWAY_CONNECTIONS: '1000',
      VX11_LOG_LEVEL: 'fatal',
    });
  });

  beforeEach(() => arrived.splice(0));

  afterAll(async () => {
    await gateway.end('SIGTERM');
    await recorder.close();
  });

  it.each<readonly [string, string]>([
    ...['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST'].map(
      (method) =>
        [
          `${method} with Connection: content-length`,
          hidden(method, 'Connection: content-length'),
        ] as const,
    ),
    [
      'Connection: keep-alive, Content-Length',
      hidden('POST', 'Connection: keep-alive,\tContent-Length'),
    ],
    [
      'content-length in a second Connection',
      hidden('POST', 'Connection: keep-alive', 'Connection: content-length'),
    ],
    ['a quoted name in Connection', hidden('POST', 'Connection: "content-length"')],
    ...[
      'host',
      'authorization',
      'cookie',
      'x-vx11-token',
      'X-VX11-Principal',
      'x-forwarded-for',
      'X-Forwarded-Proto',
      'forwarded',
      'x-real-ip',
      'transfer-encoding',
      'expect',
      'content-type',
      'origin',
    ].map((name) => [`Connection: ${name}`, request('GET', [`Connection: ${name}`])] as const),
    ['two hosts', request('GET', ['Host: b'])],
    ['the same host twice', request('GET', ['Host: a'])],
    ['a host with a path', 'GET /operator/api/health HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['no host', 'GET /operator/api/health HTTP/1.1\r\n\r\n'],
    ...['GET', 'HEAD', 'DELETE', 'OPTIONS'].map(
      (method) => [`${method} with a body`, hidden(method)] as const,
    ),
    ['GET with chunks', request('GET', ['Transfer-Encoding: chunked'], '0\r\n\r\n')],
    [
      'Upgrade: h2c with a body',
      hidden('POST', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'),
    ],
    ['two credentials', request('GET', ['X-VX11-Token: a', 'X-VX11-Token: b'])],
    ['a folded line', request('GET', ['X-A: b', ' c'])],
    [
      'chunks in HTTP/1.0',
      'POST /operator/api/events HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['HTTP/2.0 in clear', 'GET /operator/api/health HTTP/2.0\r\nHost: a\r\n\r\n'],
  ])('answers 400 to %s, closes, and forwards nothing', async (name, bytes) => {
    const answer = await exchange(gateway.url, bytes + HIDDEN);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    const isHead = name.startsWith('HEAD');
    expect(answer.includes('"code":"invalid_request"')).toBe(!isHead);
    expect(answer).toMatch(/^x-correlation-id: c_/im);
    expect(answer).toMatch(/^connection: close/im);
    expect(arrived).toEqual([]);
  });

  it('answers 417 to an expectation that is not 100-continue', async () => {
    for (const value of ['foo', '100-continue, foo', '']) {
      const answer = await exchange(gateway.url, hidden('POST', `Expect: ${value}`));
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 417']);
      expect(answer).toContain('"code":"expectation_failed"');
    }
    expect(arrived).toEqual([]);
  });

  it.each(['TRACE', 'QUERY', 'CONNECT', 'PURGE'])(
    'answers 405 with Allow to %s',
    async (method) => {
      const answer = await exchange(gateway.url, request(method, []));
      expect(answer).toMatch(/^HTTP\/1\.1 405 /);
      expect(answer).toMatch(/^allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r$/im);
      expect(answer).toContain('"code":"method_not_allowed"');
      expect(answer).toMatch(/^x-correlation-id: c_/im);
      expect(arrived).toEqual([]);
    },
  );

  it('forwards a body byte for byte, whatever it looks like', async () => {
    const bytes = `${HIDDEN}\0\r\n0\r\n\r\n\xff`;
    await exchange(
      gateway.url,
      request('POST', [`Content-Length: ${bytes.length}`, 'Connection: close'], bytes),
    );
    expect(arrived.map(({ method, body }) => [method, body.toString('latin1')])).toEqual([
      ['POST', bytes],
    ]);
  });

  it('answers whole requests in their order before it refuses what follows', async () => {
    const answer = await exchange(
      gateway.url,
      `${request('GET', [])}${request('POST', ['Content-Length: 2'], 'ab')}CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 405',
    ]);
    expect(arrived).toHaveLength(2);
  });

  it('sends 100 Continue before the answer that it belongs to, pipelined or not', async () => {
    const expecting = request(
      'POST',
      ['Expect: 100-continue', 'Content-Length: 2', 'Connection: close'],
      'ab',
    );
    const answer = await exchange(gateway.url, request('GET', []) + expecting);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 100',
      'HTTP/1.1 200',
    ]);
  });

  it('passes no credential of one client to the request of another', async () => {
    // The attack of the finding: a prefix that the next request on the connection completes.
    const prefix = 'POST /operator/api/events HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n';
    await exchange(
      gateway.url,
      request('GET', ['Connection: content-length', `Content-Length: ${prefix.length}`], prefix),
    );
    await exchange(
      gateway.url,
      request('GET', ['X-VX11-Token: of-the-victim', 'Connection: close']),
    );
    expect(arrived.map(({ method }) => method)).toEqual(['GET']);
    expect(valuesOf(arrived[0] as Message, 'x-vx11-token')).toEqual(['of-the-victim']);
  });
});

describe('made-up connections', () => {
  it('are split by the gateway as the strict parser splits them', async () => {
    const { violations, kinds, ...figures } = await fuzzGateway(ROOT, {
      seed: 11,
      requests: 1_000,
    });
    expect({ kinds, violations }).toEqual({ kinds: {}, violations: [] });
    // What was tried holds both: requests that pass, and requests that do not.
    expect(figures.forwarded).toBeGreaterThan(300);
    expect(figures.refused).toBeGreaterThan(100);
  });
});
