import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { newDataDir } from '../support/backend.js';
import { event } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { ask, exchange } from '../support/http.js';
import { build, spawnBackend } from '../support/process.js';
import { itLeaksNoToken, remember, SecretHunt } from '../support/secrets.js';
import { StreamReader } from '../support/stream-reader.js';

const NOT_A_TOKEN = randomUUID();

describe('the search for tokens', () => {
  it('finds an ephemeral and a principal token wherever they stand, in any case', () => {
    const hunt = new SecretHunt();
    const uuid = randomUUID();
    hunt.remember(uuid, 'ephemeral');
    hunt.remember('Principal-Token-1', 'principal');
    hunt.witness('a log', `GET /s?token=${uuid.toUpperCase()} 200`);
    hunt.witness('a body', '{"said":"principal-token-1"}');
    hunt.witness('clean', `${randomUUID()} and nothing else`);
    expect(hunt.leaks()).toEqual(['ephemeral token in a log', 'principal token in a body']);
  });
});

describe('tokens on the ways that go wrong', () => {
  const { backend } = withBackend();

  it('are not written when a stream is refused, or its client leaves in the middle', async () => {
    const { caller, url } = backend;
    const token = await caller.issue();
    for (const query of ['severity=loud', 'follow=maybe', `lastEventId=${'x'.repeat(300)}`]) {
      await ask(url, `/operator/api/events/stream?token=${token}&${query}`);
    }
    await ask(url, `/operator/api/nothing?token=${token}`);
    await ask(url, `/${token}`);
    await ask(url, `/operator/api/events/stream?%74oken=${token}&severity=%zz`);
    await new Promise<void>((resolve) => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET /operator/api/events/stream?token=${token} HTTP/1.1\r\nHost: x\r\n\r\n`);
        socket.once('data', () => socket.destroy());
      });
      socket.once('close', () => resolve());
    });
    expect(backend.log.join('')).toContain('token=***');
  });

  it('are not written when a request breaks off, or is not HTTP', async () => {
    const { token, url } = backend;
    const head = `POST /operator/api/events HTTP/1.1\r\nHost: x\r\nX-VX11-Token: ${token}\r\n`;
    for (const bytes of [
      `${head}Content-Length: x\r\n\r\n`,
      `${head}Bad Header: ${token}\r\n\r\n`,
      `GET /?token=${token} HTTP/9.9\r\n\r\n`,
      `${head}Connection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{]`,
    ]) {
      expect(await exchange(url, bytes)).toMatch(/^HTTP\/1\.1 4/);
    }
  });

  it('are masked in events that hold one by mistake, for every reader and on the disk', async () => {
    const { caller } = backend;
    const token = await caller.issue();
    const reader = await caller.stream({ query: '&type=mistake' });
    await reader.named('snapshot');
    await caller.publish(
      event({
        type: 'mistake',
        data: {
          url: `https://h.example/operator/api/events/stream?token=${token}`,
          headers: { Authorization: `Bearer ${backend.token}`, 'x-vx11-token': backend.token },
          sse_token: token,
          note: token.toUpperCase(),
          more: `opened with ${token}, in base64 ${Buffer.from(token).toString('base64')}`,
          other: NOT_A_TOKEN,
          text: `curl -H "X-VX11-Token: ${backend.token}"`,
        },
      }),
    );
    const { data } = await reader.ofType('mistake');
    expect(data.data).toEqual({
      url: 'https://h.example/operator/api/events/stream?token=***',
      headers: { Authorization: '***', 'x-vx11-token': '***' },
      sse_token: '***',
      note: '***',
      more: `opened with ***, in base64 ${Buffer.from('*'.repeat(36)).toString('base64')}`,
      other: NOT_A_TOKEN,
      text: 'curl -H "X-VX11-Token: ***"',
    });
    await reader.close();
    const history = await ask(backend.url, '/operator/api/events?type=mistake', {
      headers: { 'X-VX11-Token': backend.token },
    });
    expect(history.json.events[0].data).toEqual(data.data);
  });

  it('are masked in the module, by which events are counted, too', async () => {
    const { caller } = backend;
    const token = await caller.issue();
    await caller.publish(event({ type: 'mistake.module', module: token }));
    const history = await caller.api('/events?type=mistake.module');
    expect(history.json.events[0].module).toBe('***');
    const counts = await caller.api('/events/counts?by=module&type=mistake.module');
    expect(counts.text).toContain('"***"');
    expect((await caller.api('/events?module=***&type=mistake.module')).json.events).toHaveLength(
      1,
    );
  });
});

describe('tokens that a client sends in the wrong place', () => {
  const { backend } = withBackend();
  const encoded = () => Buffer.from(backend.token).toString('base64');

  it('are masked where administrators see the open streams', async () => {
    const { caller, token } = backend;
    const ephemeral = await caller.issue();
    const query = new URLSearchParams({ module: token, source: `/shop/${token}`, follow: 'true' });
    query.set('subject', `order ${ephemeral}*`);
    const path = `/operator/api/events/stream?${query.toString()}`;
    const headers = { 'x-vx11-token': token, 'user-agent': `curl ${token} ${encoded()}` };
    const stream = await StreamReader.open(backend.url, path, headers);
    await stream.named('snapshot');
    const { json } = await caller.api('/streams');
    await stream.close();
    expect(json.streams).toEqual([
      expect.objectContaining({
        filter: [{ module: ['***'], source: ['/shop/***'], subject: ['order ****'] }],
        user_agent: `curl *** ${Buffer.from('*'.repeat(token.length)).toString('base64')}`,
      }),
    ]);
  });

  it('are refused in what a principal is called, noted and limited to', async () => {
    const { caller, token } = backend;
    const body = { id: 'clerk', scopes: ['events:read'] };
    const made = await caller.api('/principals', { method: 'POST', issuing: true, body });
    remember(made.json.token as string, 'principal');
    const faults = {
      id: token,
      filter: { source: [`/shop/${token}`] },
      comment: `made with ${encoded()}`,
    };
    for (const [field, value] of Object.entries(faults)) {
      const refusal = {
        status: 400,
        json: { errors: [{ field, message: `${field} holds a credential; send another value` }] },
      };
      const wrong = { ...body, id: 'other', [field]: value };
      expect(await caller.post('/principals', wrong)).toMatchObject(refusal);
      if (field === 'id') continue;
      const change = { method: 'PATCH', body: { [field]: value } };
      expect(await caller.api('/principals/clerk', change)).toMatchObject(refusal);
    }
  });
});

describe('a start that fails', () => {
  it('does not print the token that it was given', async () => {
    await build();
    const [dataDir, otherDir] = [newDataDir(), newDataDir()];
    const env = { VX11_DATA_DIR: dataDir, VX11_OPERATOR_TOKEN: `secret-${randomUUID()}` };
    const first = await spawnBackend(env);
    const port = new URL(first.url).port;
    await expect(
      spawnBackend({ ...env, VX11_DATA_DIR: otherDir, VX11_BACKEND_PORT: port }),
    ).rejects.toThrow(/the backend ended with 1/);
    await expect(spawnBackend({ ...env, VX11_BACKEND_PORT: 'eighty' })).rejects.toThrow(
      /the backend ended with 78/,
    );
    expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null });
    for (const dir of [dataDir, otherDir]) rmSync(dir, { recursive: true, force: true });
  });
});

itLeaksNoToken();
