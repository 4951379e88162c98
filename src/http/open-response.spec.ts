import express from 'express';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { releaseHead, releaseRequest } from './open-response.js';

/** Every text that can be reached from `root` by fields. */
function textsIn(root: object): Set<string> {
  const texts = new Set<string>();
  const seen = new Set<unknown>();
  const look = (value: unknown) => {
    if (typeof value === 'string') texts.add(value);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) look(Reflect.get(value, key));
  };
  look(root);
  return texts;
}

describe('an open response', () => {
  it('holds neither the headers of its request nor its own once they are sent, and can still be written', async () => {
    const held: Set<string>[] = [];
    const app = express();
    app.get('/open', (req, res) => {
      res.setHeader('X-Own', 'a header of the response');
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      releaseRequest(req, res);
      releaseHead(res);
      res.write('before');
      held.push(ownTexts(req, res));
      // By then the socket has been given what was written.
      setImmediate(() => {
        releaseHead(res);
        held.push(ownTexts(req, res));
        expect(res.headersSent).toBe(true);
        res.end(' and after');
      });
    });
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = request({
      port,
      path: '/open',
      headers: { 'X-Given': 'a header of the request' },
    });
    const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage];
    let body = '';
    for await (const part of answer) body += String(part);
    server.close();

    expect(body).toBe('before and after');
    expect(answer.headers['x-own']).toBe('a header of the response');
    expect(held.map((texts) => [...texts].filter((text) => text.includes('a header of')))).toEqual([
      expect.arrayContaining(['a header of the response']),
      [],
    ]);
  });
});

function ownTexts(req: IncomingMessage, res: ServerResponse): Set<string> {
  return textsIn({ req: { ...own(req) }, res: { ...own(res) } });
}

/** Fields of Node's and Express's own, without the connection and the server behind it. */
function own(one: object): object {
  const entries = Reflect.ownKeys(one)
    .filter((key) => !['socket', 'res', 'req'].includes(String(key)))
    .map((key) => [key, Reflect.get(one, key) as unknown] as const)
    .filter(([, value]) => !(value instanceof Object && 'remoteAddress' in value));
  return Object.fromEntries(entries);
}
