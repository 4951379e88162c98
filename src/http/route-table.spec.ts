import express, { type RequestHandler } from 'express';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpAdapter } from './http-adapter.js';
import { RouteTable } from './route-table.js';
import { inSequence } from './sequence.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Asks the handler over a socket. @returns status and body */
async function answering(handler: Parameters<typeof createServer>[1]) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return async (method: string, path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return `${answer.status} ${await answer.text()}`;
  };
}

const says =
  (text: string): RequestHandler =>
  (req, res) => {
    res.send(`${text} at ${(req.route as { path: string }).path}, asked ${req.url}`);
  };

describe('a table of routes', () => {
  it('answers a path without parameters, and leaves every other spelling to what follows', async () => {
    const app = express();
    const table = new RouteTable();
    table.add('GET', '/tokens', says('table'));
    table.add('GET', '/tokens/:id', says('never'));
    app.use(table.handle);
    app.get('/tokens', says('express'));
    app.get('/tokens/:id', says('express'));
    const ask = await answering(app);

    await expect(ask('GET', '/tokens?a=1')).resolves.toBe(
      '200 table at /tokens, asked /tokens?a=1',
    );
    for (const path of ['/tokens/', '/TOKENS']) {
      await expect(ask('GET', path)).resolves.toBe(`200 express at /tokens, asked ${path}`);
    }
    for (const path of ['/tokens/7', '/tokens/:id']) {
      await expect(ask('GET', path)).resolves.toBe(`200 express at /tokens/:id, asked ${path}`);
    }
    await expect(ask('HEAD', '/tokens')).resolves.toBe('200 ');
    await expect(ask('POST', '/tokens')).resolves.toMatch(/^404 /);
    await expect(ask('GET', '/constructor')).resolves.toMatch(/^404 /);
  });

  it('keeps the first handler of a route', async () => {
    const app = express();
    const table = new RouteTable();
    table.add('GET', '/a', says('first'));
    table.add('GET', '/a', says('second'));
    app.use(table.handle);
    const ask = await answering(app);
    await expect(ask('GET', '/a')).resolves.toBe('200 first at /a, asked /a');
  });
});

describe('the HTTP adapter', () => {
  it('runs every middleware before a route, and serves its routes with the messages of Express', async () => {
    const app = express();
    const adapter = new HttpAdapter(app, {}, { noticeMs: 0, graceMs: 0, runningMs: 0 });
    adapter.initHttpServer();
    adapter.use(
      (
        _req: unknown,
        res: { setHeader: (name: string, value: string) => void },
        next: () => void,
      ) => {
        res.setHeader('X-Before', 'yes');
        next();
      },
    );
    adapter.get('/a', says('adapter'));
    adapter.all('/b', says('every method'));
    const port = await adapter.listenOn(0, '127.0.0.1', false);
    const answer = await fetch(`http://127.0.0.1:${port}/a`);
    await expect(answer.text()).resolves.toBe('adapter at /a, asked /a');
    expect(answer.headers.get('x-before')).toBe('yes');
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const any = await fetch(`http://127.0.0.1:${port}/b`, { method });
      await expect(any.text()).resolves.toBe('every method at /b, asked /b');
    }
    await adapter.close();
  });
});

describe('handlers in sequence', () => {
  it('run in order, and stop at an error or at the one that answers', async () => {
    const app = express();
    const seen: string[] = [];
    const notes =
      (name: string): RequestHandler =>
      (_req, _res, next) => {
        seen.push(name);
        next();
      };
    app.use(
      inSequence(
        notes('one'),
        notes('two'),
        (req, res, next) => {
          if (req.url === '/fault') next(new Error('no'));
          else if (req.url === '/answer') res.send('answered');
          else next();
        },
        notes('three'),
      ),
    );
    app.use((_req, res) => void res.send('after'));
    app.use(((_error, _req, res, _next) => void res.send('failed')) as express.ErrorRequestHandler);
    const ask = await answering(app);

    await expect(ask('GET', '/')).resolves.toBe('200 after');
    await expect(ask('GET', '/fault')).resolves.toBe('200 failed');
    await expect(ask('GET', '/answer')).resolves.toBe('200 answered');
    expect(seen).toEqual(['one', 'two', 'three', 'one', 'two', 'one', 'two']);
  });
});
