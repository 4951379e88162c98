import fc from 'fast-check';
import { request, type IncomingHttpHeaders } from 'node:http';
import { Duplex } from 'node:stream';
import { plainStreamHead, requestHead } from './stream-head.js';

const PLAIN = [
  'HTTP/1.1 200 OK',
  'Content-Type: text/event-stream; charset=utf-8',
  'Cache-Control: no-store',
  'Set-Cookie: a=1',
  'set-cookie: b=2',
  'X-Empty:',
  'Transfer-Encoding: chunked',
];
/** What `trim` takes for blanks, and what HTTP does. */
const BLANKS = fc.constantFrom(' ', '\t', '\n', '\r', '\v', '\f', '\xa0');
const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;

/** The headers as Node's HTTP client reads them; undefined when it refuses the head. */
function readByNode(text: string): Promise<IncomingHttpHeaders | undefined> {
  const connection = new Duplex({ read: () => {}, write: (_bytes, _encoding, done) => done() });
  return new Promise((resolve) => {
    const sent = request({ createConnection: () => connection })
      .on('response', (answer) => {
        resolve(answer.statusCode === 200 ? answer.headers : undefined);
        sent.destroy();
      })
      .on('error', () => resolve(undefined))
      .end();
    connection.push(Buffer.from(text, 'latin1'));
    connection.push(null);
  });
}

describe('the head of a stream', () => {
  it('is plain for a 200 with chunks', () => {
    expect({ ...plainStreamHead(head(...PLAIN)) }).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'set-cookie': ['a=1', 'b=2'],
      'x-empty': '',
      'transfer-encoding': 'chunked',
    });
  });

  it.each([
    ['another status', head('HTTP/1.1 206 OK', ...PLAIN.slice(1))],
    ['an older version', head('HTTP/1.0 200 OK', ...PLAIN.slice(1))],
    ['another type', head(...PLAIN.map((line) => line.replace('event-stream', 'plain')))],
    ['no chunks', head(...PLAIN.slice(0, -1))],
    ['another coding', head(...PLAIN.slice(0, -1), 'Transfer-Encoding: gzip, chunked')],
    ['a length as well', head(...PLAIN, 'Content-Length: 3')],
    ['a field twice', head(...PLAIN, 'cache-control: public')],
    ['a coding twice', head(...PLAIN, 'Transfer-Encoding: chunked')],
    ['a blank before the colon', head(...PLAIN, 'X-Own : 1')],
    ['a folded line', head(...PLAIN, 'X-Own: 1', ' 2')],
    ['no name', head(...PLAIN, ': 1')],
    ['no colon', head(...PLAIN, 'X-Own')],
    ['a bare line feed', head(...PLAIN, 'X-Own: 1\nX-Other: 2')],
    ['a bare carriage return', head(...PLAIN, 'X-Own: 1\rX-Other: 2')],
    ['a line feed at the end of a value', head(...PLAIN, 'X-Own: 1\n')],
    ['a vertical tab before one', head(...PLAIN, 'X-Own: \v1')],
    ['a null byte', head(...PLAIN, 'X-Own: \0')],
    ['no end', `${PLAIN.join('\r\n')}\r\n`],
  ])('is left to Node with %s', (_, text) => {
    expect(plainStreamHead(text)).toBeUndefined();
  });

  it('keeps a value that ends with a no-break space', async () => {
    const text = head(...PLAIN, 'X-Own: \t1\xa0 \t');
    expect(plainStreamHead(text)).toMatchObject({ 'x-own': '1\xa0' });
    expect(await readByNode(text)).toMatchObject({ 'x-own': '1\xa0' });
  });

  it('is never read otherwise than by Node', async () => {
    const line = fc.oneof(
      fc.constantFrom(...PLAIN, 'X-Own:\t1 \t', 'x-own: \xe9', 'X_Own: 1', ' folded', '', 'a:b:c'),
      fc.string({ unit: 'binary-ascii', maxLength: 12 }),
      fc.string({ unit: BLANKS, maxLength: 4 }).map((blanks) => `X-Own:${blanks}1${blanks}`),
    );
    const lines = fc.array(line, { maxLength: 3 });
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(lines, lines, async (before, after) => {
        const [status = '', ...rest] = PLAIN;
        const text = head(status, ...before, ...rest, ...after);
        const headers = plainStreamHead(text.slice(0, text.indexOf('\r\n\r\n') + 4));
        if (!headers) return;
        plain += 1;
        expect({ ...headers }).toEqual(await readByNode(text));
      }),
      { numRuns: 500 },
    );
    expect(plain).toBeGreaterThan(20);
  });
});

describe('the head of a request', () => {
  it('is for a connection of its own, whatever the client said of its own', () => {
    const headers = { host: 'a', connection: 'keep-alive', 'x-own': '1', cookie: undefined };
    expect(requestHead('/stream?a=%20', headers)).toBe(
      'GET /stream?a=%20 HTTP/1.1\r\nhost: a\r\nx-own: 1\r\nconnection: close\r\n\r\n',
    );
  });
});
