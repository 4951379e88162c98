import { once } from 'node:events';
import { createServer, ServerResponse, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { answerHeaders, deferDefaults, dropHeaders } from './answer-headers.js';

class Response extends ServerResponse<IncomingMessage> {}
deferDefaults(Response.prototype);

const DEFAULTS = [
  'X-Correlation-Id: c_1',
  "content-security-policy: frame-ancestors 'none'",
  'referrer-policy: no-referrer',
  'x-content-type-options: nosniff',
  'x-frame-options: DENY',
  'cache-control: no-store',
  'vary: Authorization, Cookie, X-VX11-Token',
];
const but = (...names: string[]) =>
  DEFAULTS.filter((line) => !names.some((name) => line.startsWith(`${name}:`)));

/** The header lines that the client gets, without those that Node adds by itself. */
async function linesOf(respond: (res: Response) => void): Promise<string[]> {
  const server = createServer({ ServerResponse: Response }, (req, res) => {
    Object.assign(req, { correlationId: 'c_1' });
    answerHeaders(req as never, res as never, () => respond(res));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const bytes of socket) text += String(bytes);
  server.close();
  await once(server, 'close');
  const [, ...lines] = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  return lines.filter((line) => !/^(Date|Connection|Transfer-Encoding|Content-Length):/.test(line));
}

describe('the default headers of a response', () => {
  it.each<[string, (res: Response) => void]>([
    ['ends', (res) => res.end()],
    ['has a whole head', (res) => res.writeHead(200).end()],
    ['has a head with a reason', (res) => res.writeHead(200, 'Fine').end()],
    ['is flushed', (res) => (res.flushHeaders(), res.end())],
    ['looks at them', (res) => (res.getHeaderNames(), res.end())],
  ])('are there when it %s', async (_, respond) => {
    expect(await linesOf(respond)).toEqual(DEFAULTS);
  });

  it.each<[string, (res: Response) => void]>([
    ['in a whole head', (res) => res.writeHead(200, { Vary: 'Origin', 'X-Own': '1' }).end()],
    [
      'in a whole head with a reason',
      (res) => res.writeHead(200, 'Fine', { VARY: 'Origin', 'X-Own': '1' }).end(),
    ],
    ['in a list', (res) => res.writeHead(200, ['Vary', 'Origin', 'X-Own', '1']).end()],
    ['one by one', (res) => res.setHeader('Vary', 'Origin').setHeader('X-Own', '1').end()],
    ['in both ways', (res) => res.setHeader('X-Own', '1').writeHead(200, { Vary: 'Origin' }).end()],
  ])('give way to those that it sets %s', async (_, respond) => {
    const lines = (await linesOf(respond)).map((line) => line.replace(/^vary/i, 'vary'));
    expect(lines.toSorted()).toEqual([...but('vary'), 'vary: Origin', 'X-Own: 1'].toSorted());
  });

  it('can be read, added to and removed', async () => {
    const lines = await linesOf((res) => {
      expect(res.getHeader('cache-control')).toBe('no-store');
      expect(res.hasHeader('X-Correlation-Id')).toBe(true);
      res.appendHeader('vary', 'Origin').removeHeader('x-frame-options');
      expect(res.getHeader('vary')).toEqual(['Authorization, Cookie, X-VX11-Token', 'Origin']);
      res.end();
    });
    expect(lines).toEqual([...but('x-frame-options'), 'vary: Origin']);
  });

  it('are gone when the response of a service has its own, set or not', async () => {
    const respond = (look: boolean) => (res: Response) => {
      if (look) res.getHeaders();
      dropHeaders(res);
      res.writeHead(200, { etag: '"1"' }).end();
    };
    expect(await linesOf(respond(false))).toEqual(['etag: "1"']);
    expect(await linesOf(respond(true))).toEqual(['etag: "1"']);
  });

  it('are there as well when a head was invalid and a problem takes its place', async () => {
    const lines = await linesOf((res) => {
      expect(() => res.writeHead(200, { 'X-Own': 'a\nb' })).toThrow('Invalid character');
      res.setHeader('X-Problem', '1').end();
    });
    expect(lines).toEqual([...DEFAULTS, 'X-Problem: 1']);
  });

  it('of a name that every object has are no headers', async () => {
    const lines = await linesOf((res) => res.writeHead(200, { constructor: 'x' }).end());
    expect(lines).toEqual([...DEFAULTS, 'constructor: x']);
  });
});
