/**
 * better-sse or @fastify/sse as their documentation shows them: a channel for each topic, every event
 * to every stream of its own. PORT, PEER (better-sse | fastify), MODULES (the folder with their node_modules).
 * `POST /publish` takes a JSON list of events.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { PORT, PEER, MODULES } = process.env;
const require = createRequire(path.join(MODULES, 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const listen = { port: Number(PORT), host: '127.0.0.1', backlog: 16_384 };

/** What is kept for each topic, made by `make` when it is first named. */
function topics(make) {
  const all = new Map();
  return (topic) => all.get(topic) ?? all.set(topic, make()).get(topic);
}

async function body(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

if (PEER === 'better-sse') {
  const { createChannel, createSession } = await load('better-sse');
  const channels = topics(createChannel);
  const answer = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://peer');
    if (pathname === '/publish') {
      for (const event of await body(request)) {
        channels(event.module).broadcast(event, 'message');
      }
      response.writeHead(202, { 'Content-Length': 0 }).end();
    } else if (pathname === '/stream') {
      const session = await createSession(request, response);
      channels(searchParams.get('topic')).register(session);
      session.push({ opened: true }, 'snapshot');
    } else response.end('ok');
  };
  createServer((request, response) => void answer(request, response)).listen(listen);
} else {
  const { default: fastify } = await load('fastify');
  const sse = await load('@fastify/sse');
  const app = fastify();
  await app.register(sse.default ?? sse);
  const streamsOf = topics(() => new Set());
  app.get('/', () => 'ok');
  app.get('/stream', { sse: true }, async (request, reply) => {
    const streams = streamsOf(request.query.topic);
    reply.sse.keepAlive();
    streams.add(reply.sse);
    reply.sse.onClose(() => streams.delete(reply.sse));
    await reply.sse.send({ event: 'snapshot', data: { opened: true } });
  });
  app.post('/publish', async (request, reply) => {
    for (const event of request.body) {
      const streams = streamsOf(event.module);
      for (const stream of streams)
        stream.send({ data: event }).catch(() => streams.delete(stream));
    }
    reply.code(202).header('content-length', 0).send();
  });
  await app.listen(listen);
}
