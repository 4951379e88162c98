import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend, type TestBackend } from '../support/backend.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { build } from '../support/process.js';
import { startService } from '../support/service.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';

const STACK = /\n {4}at /;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the vx11 command', () => {
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    await build();
    backend = await startBackend();
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
    });
  });
  afterAll(async () => {
    await gateway?.close();
    await backend?.close();
  });

  function vx11(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    const settings = { VX11_URL: gateway.url, VX11_TOKEN: backend.token, ...env };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['.cache/run/vx11.js', ...args],
        { env: settings },
        (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });
  }

  it('smoke passes on a good system, says so in JSON, and prints no token', async () => {
    const { code, out, err } = await vx11(['--json', 'smoke']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const report = JSON.parse(out) as { ok: boolean; steps: { ok: boolean }[] };
    expect(report.ok).toBe(true);
    expect(report.steps).toHaveLength(5);
    expect(out).not.toContain(backend.token);
  });

  it('smoke names the failed steps and ends with 1 when the token may do nothing', async () => {
    const { code, out } = await vx11(['smoke'], { VX11_TOKEN: 'a-token-that-nobody-has-issued' });
    expect(code).toBe(1);
    expect(out).toContain('✓ the gateway and the backend answer');
    expect(out).toMatch(/✗ a token is issued for 60 seconds .*invalid_token/);
  });

  it('principals creates, lists, rotates, disables, restores and deletes', async () => {
    const run = async (...args: string[]) => {
      const { code, out, err } = await vx11(['--json', ...args]);
      expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
      return JSON.parse(out) as { token: string; row: { tokenSha256: string }; status: string };
    };
    const made = await run('principals', 'create', 'robot', '--scope', 'events:read');
    remember(made.token, 'principal');
    expect(made.token).toMatch(/^vx11p_/);
    expect((await vx11(['token'], { VX11_TOKEN: made.token })).code).toBe(0);
    const rotated = await run('principals', 'rotate', 'robot', '--grace', '0');
    remember(rotated.token, 'principal');
    expect((await vx11(['token'], { VX11_TOKEN: made.token })).code).toBe(4);
    await run('principals', 'disable', 'robot');
    expect((await vx11(['principals', 'list'])).out).toMatch(/^robot +managed +disabled /m);
    await run('restore', 'robot');
    await run('revoke', 'robot');
    await run('restore', 'robot');
    expect((await run('principals', 'change', 'robot', '--comment', 'x')).status).toBe('active');
    await run('principals', 'delete', 'robot');
    expect((await vx11(['principals', 'rotate', 'robot'])).code).toBe(1);
    const local = await run('principals', 'generate', 'robot');
    remember(local.token, 'principal');
    expect(local.row.tokenSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('audit lists, exports and verifies the trail, and finds a changed export', async () => {
    for (let count = 0; count < 5; count += 1) await backend.caller.issue();
    const listed = await vx11(['--json', 'audit', 'list', '--limit', '5']);
    expect(JSON.parse(listed.out)).toHaveLength(5);
    const verified = await vx11(['audit', 'verify']);
    expect(verified).toMatchObject({ code: 0, err: '' });
    expect(verified.out).toContain('nothing is missing or changed');
    const { out, err } = await vx11(['audit', 'export']);
    expect(err).toMatch(/--after \d+/);
    const file = join(backend.dataDir, 'export.jsonl');
    const lines = out.trim().split('\n');
    writeFileSync(file, lines.join('\n'));
    expect((await vx11(['audit', 'verify', '--file', file])).code).toBe(0);
    const key = /Signed by ([\w-]+)\./.exec(verified.out)?.[1] ?? '';
    expect(await vx11(['audit', 'verify', '--key', key])).toMatchObject({ code: 0, err: '' });
    expect((await vx11(['audit', 'verify', '--key', 'another', '--key', key])).code).toBe(0);
    writeFileSync(file, lines[0] ?? '');
    expect((await vx11(['audit', 'verify', '--file', file])).code).toBe(0);
    const unsigned = await vx11(['audit', 'verify', '--file', file, '--key', key]);
    expect(unsigned.code).toBe(1);
    expect(unsigned.out).toContain('✗ unsigned: entry 1 is not signed by an expected key');
    writeFileSync(file, '');
    expect((await vx11(['audit', 'verify', '--file', file, '--key', key])).code).toBe(1);
    lines[1] = lines[1]?.replace(/"result":"(\w+)"/, '"result":"not $1"') ?? '';
    writeFileSync(file, lines.filter((_, index) => index !== 2).join('\n'));
    const found = await vx11(['audit', 'verify', '--file', file]);
    expect(found.code).toBe(1);
    expect(found.out).toContain('✗ changed: entry 2');
    expect(found.out).toContain('✗ missing: entry 3');
    // Of two members with one name, `JSON.parse` and so the hash has the last.
    const [, front, rest] = /^(\{"position".*?"hash":"\w+",)(.*)$/.exec(lines[0] ?? '') ?? [];
    for (const added of ['"actor":"mallory","actor":null,', '"action":"none",']) {
      writeFileSync(file, `${front}${added}${rest}`);
      const doubled = await vx11(['audit', 'verify', '--file', file]);
      expect(doubled).toMatchObject({ code: 1, out: expect.stringContaining('✗ unreadable') });
    }
    expect((await vx11(['audit', 'export', '--format', 'cef'])).out).toMatch(
      /^CEF:0\|VX11\|Operator\|/,
    );
  });

  it('says so when a file or an answer is JSON of something else', async () => {
    const file = join(backend.dataDir, 'other.json');
    for (const text of ['{"chains":5}', '{}', '{"chains":[{"chain":"k","to":1}]}', '[1]']) {
      writeFileSync(file, text);
      const ended = await vx11(['audit', 'verify', '--expect', file]);
      expect({ ...ended, text }).toMatchObject({ code: 2, err: expect.not.stringMatching(STACK) });
    }
    const other = await startService((_, res) => {
      res.setHeader('X-Correlation-Id', 'other').end('{}');
    });
    const ended = await vx11(['--url', other.url, 'services']);
    expect(ended).toMatchObject({ code: 2, err: expect.not.stringMatching(STACK) });
    await other.close();
  });

  it('sends the token to no address that a redirect names, and does not take it for an answer', async () => {
    const thief = await startService();
    let status = 302;
    const proxy = await startService(({ url }, res) => {
      res.writeHead(status, { Location: `${thief.url}${url}` }).end();
    });
    for (status of [301, 302, 307, 308]) {
      for (const args of [['principals', 'revoke', 'ana'], ['services'], ['audit', 'verify']]) {
        const ended = await vx11(['--url', proxy.url, ...args]);
        expect({ ...ended, args }).toMatchObject({ code: 3, out: '' });
      }
    }
    expect((await vx11(['--url', proxy.url, 'services'])).err).toContain(
      `it redirects to ${thief.url}.`,
    );
    expect(thief.received).toEqual([]);
    await Promise.all([proxy.close(), thief.close()]);
  });

  it('token prints a token that opens a stream, and nothing else', async () => {
    const { out } = await vx11(['token', '--filter', '{"module":["billing"]}']);
    const stream = await backend.caller.stream({ token: remember(out.trim(), 'ephemeral') });
    expect(stream.status).toBe(200);
    await stream.close();
  });

  it('publish answers when the event is kept, and tail shows it without its control characters', async () => {
    const data = JSON.stringify({ files: 4201 });
    const published = await vx11([
      'publish',
      'Fine\u001b[2J\nnot \u202Egpj.exe 👩‍👧',
      '--type',
      'cli.test',
      '--data',
      data,
    ]);
    expect(published).toMatchObject({ code: 0, err: '' });
    const { out } = await vx11(['tail', '--no-follow', '--type', 'cli.test']);
    expect(out).toMatch(/info {5}vx11-cli cli\.test Fine \[2J not \[U\+202E\]gpj\.exe 👩‍👧\n$/);
    const json = await vx11(['--json', 'tail', '--count', '1', '--type', 'cli.test']);
    expect(JSON.parse(json.out)).toMatchObject({ type: 'cli.test', module: 'vx11-cli' });
  });

  it('publish and tail change no character of the data', async () => {
    const data = '{"n":1524831183200260097,"m":1e400,"z":-0,"f":0.1000,"9":1,"d":1,"d":2}';
    const args = ['--type', 'cli.digits', '--data', data];
    expect(await vx11(['publish', 'x', ...args])).toMatchObject({ code: 0, err: '' });
    for (const how of [['--no-follow'], ['--count', '1']]) {
      const { out } = await vx11(['--json', 'tail', '--type', 'cli.digits', ...how]);
      expect(out).toContain(`"data":{"summary":"x","payload":${data}}`);
      expect(out.trim().split('\n')).toHaveLength(1);
    }
  });

  it('tail shows data without a summary with every digit', async () => {
    const body =
      '{"specversion":"1.0","id":"1","source":"/x","type":"cli.plain","data":{"n":1524831183200260097,"f":0.10}}';
    const answer = await fetch(`${backend.url}/operator/api/events`, {
      method: 'POST',
      headers: {
        'X-VX11-Token': backend.token,
        'Content-Type': 'application/cloudevents+json',
      },
      body,
    });
    expect(answer.status).toBe(202);
    const { out } = await vx11(['tail', '--no-follow', '--type', 'cli.plain']);
    expect(out).toContain('cli.plain {"n":1524831183200260097,"f":0.10}');
  });

  it('tail prints more events than one request returns, in the order of the log', async () => {
    await backend.caller.publishMany('cli.many', 550);
    const tail = async (...args: string[]) => {
      const many = ['--type', 'cli.many', '--count', '501', ...args];
      const { out } = await vx11(['--json', 'tail', '--no-follow', ...many]);
      const lines = out.trim().split('\n');
      return lines.map((line) => JSON.parse(line) as { data: { n: number }; position: string });
    };
    const numbers = (from: number) => Array.from({ length: 550 - from }, (_, n) => from + n);
    const newest = await tail();
    expect(newest.map(({ data }) => data.n)).toEqual(numbers(49));
    const rest = await tail('--after', newest[0]?.position ?? '');
    expect(rest.map(({ data }) => data.n)).toEqual(numbers(50));
  });

  it('tail --no-follow takes a value with a comma as one', async () => {
    for (const module of ['one', 'two', 'one,two']) {
      await vx11(['publish', 'x', '--type', 'cli.comma', '--module', module]);
    }
    const args = ['--json', 'tail', '--no-follow', '--type', 'cli.comma', '--module'];
    expect(JSON.parse((await vx11([...args, 'one,two'])).out)).toMatchObject({ module: 'one,two' });
    const { out } = await vx11([...args, 'one', 'two']);
    expect(out.match(/"module":"(one|two)"/g)).toHaveLength(2);
  });

  it.each(['tail', 'audit export', 'audit list'])(
    '%s ends with 0 and says nothing when nobody reads on',
    async (command) => {
      const args = command.split(' ');
      const env = { VX11_URL: gateway.url, VX11_TOKEN: backend.token };
      const unread = spawn(process.execPath, ['.cache/run/vx11.js', ...args], { env });
      unread.stdout.destroy();
      let err = '';
      unread.stderr.on('data', (part: Buffer) => (err += part.toString()));
      expect([await once(unread, 'close'), err]).toEqual([[0, null], '']);
    },
  );

  it('lists streams and services', async () => {
    const stream = await backend.caller.stream();
    const { out } = await vx11(['streams']);
    expect(out).toMatch(/^ID +PRINCIPAL +CREDENTIAL +ADDRESS +OPENED +CLIENT$/m);
    expect(out).toMatch(/1 of 1 open streams\./);
    await stream.close();
    const services = await vx11(['services']);
    expect(services.out).toMatch(/^SERVICE +STATUS +LATENCY +SINCE$/m);
    expect(services.out).toMatch(/^redis +embedded/m);
  });

  it('says so when something else than a gateway answers', async () => {
    let body = '';
    const other = await startService((_, res) => res.end(body));
    for (body of ['<html>', '{}', 'null']) {
      for (const command of ['services', 'token', 'link', 'restore ana', 'audit export']) {
        const ended = await vx11(['--url', other.url, ...command.split(' ')]);
        expect({ ...ended, command }).toMatchObject({
          code: 3,
          out: '',
          err: expect.stringMatching(/^The answer is not/),
        });
      }
    }
    expect((await vx11(['--url', other.url, 'tail', '--no-follow'])).code).toBe(3);
    await other.close();
  });

  it('says so when an answer breaks off or a proxy refuses in its own words', async () => {
    const broken = await startService((_, res) => {
      res.writeHead(200, { 'X-Correlation-Id': 'c', 'Content-Length': 99 });
      res.write('{', () => res.destroy());
    });
    const ended = await vx11(['--url', broken.url, 'services']);
    expect(ended).toMatchObject({ code: 3, err: expect.stringMatching(/cannot be reached/) });
    await broken.close();
    const proxy = await startService((_, res) => {
      res.writeHead(403).end('{"title":{},"errors":[null]}');
    });
    expect((await vx11(['--url', proxy.url, 'services'])).code).toBe(4);
    await proxy.close();
  });

  it('says where an export goes on that broke off', async () => {
    const line = '{"position":"7-1","chain":"k","seq":1,"action":"audit.read","time":"","hash":""}';
    const half = await startService(({ url }, res) => {
      res.setHeader('X-Correlation-Id', 'c');
      if (url.includes('after=')) res.writeHead(503).end();
      else res.end(`${line}\n`.repeat(5_000));
    });
    const ended = await vx11(['--url', half.url, 'audit', 'export', '--format', 'cef']);
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/--after 7-1\n.*HTTP 503/s);
    await half.close();
  });

  it('adoption compares with the target of the hour', async () => {
    const { code, out } = await vx11(['adoption', '--since', '2020-01-01T00:00:00Z']);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^(No stream was opened|\d+\.\d % of the streams)/),
    });
    expect(await vx11(['adoption', '--since', 'yesterday'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--since yesterday is not a time.'),
    });
  });

  it.each([
    ['an unknown command', ['explode'], {}, 2, /unknown command 'explode'/],
    [
      'nobody at the address',
      ['services'],
      { VX11_URL: 'http://127.0.0.1:9' },
      3,
      /cannot be reached/,
    ],
    [
      'a refused token',
      ['services'],
      { VX11_TOKEN: 'wrong-token-wrong-token' },
      4,
      /invalid_token/,
    ],
    [
      'no token at all',
      ['services'],
      { VX11_TOKEN: '', VX11_DATA_DIR: '/nowhere' },
      2,
      /VX11_TOKEN_FILE/,
    ],
    [
      'a refused token of a stream',
      ['tail'],
      { VX11_TOKEN: 'wrong-token-wrong-token' },
      4,
      /invalid_token/,
    ],
    ['a filter that the server refuses', ['tail', '--type', 'a'.repeat(300)], {}, 2, /--no-follow/],
    [
      'a field that the server refuses',
      ['tail', '--no-follow', '--type', 'a'.repeat(300)],
      {},
      2,
      /^type: each value in type must be shorter/m,
    ],
    ['an unknown severity', ['tail', '--severity', 'bogus'], {}, 2, /'bogus' is invalid/],
    ['an address that is none', ['--url', 'foo', 'tail'], {}, 2, /--url or VX11_URL/],
    ['the same without a stream', ['--url', 'foo', 'services'], {}, 2, /--url or VX11_URL/],
    ['a query in the address', ['--url', 'http://127.0.0.1/?a', 'services'], {}, 2, /query/],
    [
      'a user in the address',
      ['services'],
      { VX11_URL: 'http://me:hidden@127.0.0.1' },
      2,
      /^(?!.*hidden)/s,
    ],
    [
      'a token file that is not there',
      ['services'],
      { VX11_TOKEN: '', VX11_TOKEN_FILE: '/nonexistent' },
      2,
      /^\/nonexistent cannot be read: ENOENT/,
    ],
    [
      'a token file that is a directory',
      ['services'],
      { VX11_TOKEN: '', VX11_TOKEN_FILE: '/etc' },
      2,
      /^\/etc cannot be read: EISDIR/,
    ],
    [
      'a token that no header can hold',
      ['services'],
      { VX11_TOKEN: 'secret\ntoken' },
      2,
      /^(?!.*secret).*cannot be sent/s,
    ],
    ['baselines that are not there', ['baseline', 'diff', '/no1', '/no2'], {}, 2, /'\/no1'/],
    [
      'a file of something else',
      ['deploy', '2', '--prometheus', 'http://127.0.0.1:9', '--thresholds', 'README.md'],
      {},
      2,
      /^README.md cannot be read: /,
    ],
    ['a limit in words', ['audit', 'list', '--limit', 'abc'], {}, 2, /whole number above 0/],
    ['a limit of nothing', ['audit', 'list', '--limit', '0'], {}, 2, /whole number above 0/],
    ['a limit below 0', ['audit', 'list', '--limit', '-3'], {}, 2, /whole number above 0/],
    ['a count that is no number', ['tail', '--count', '0x1'], {}, 2, /whole number above 0/],
    ['a wait in words', ['doctor', '--watch', 'long'], {}, 2, /a number, and not below 0/],
    ['data that is not JSON', ['publish', 'x', '--data', '{'], {}, 2, /--data is not JSON/],
    ['a filter that is not JSON', ['token', '--filter', '{'], {}, 2, /for example --filter '/],
    [
      'an address that is none',
      ['watch', '--prometheus', 'prometheus:9090', '--once'],
      {},
      2,
      /--prometheus prometheus:9090 is not a URL of http or https/,
    ],
  ])('%s: an exit code of its own, and what to do', async (_name, args, env, code, words) => {
    const ended = await vx11(args, env as Record<string, string>);
    expect(ended.code).toBe(code);
    expect(ended.err).toMatch(words);
    expect(ended.err).not.toMatch(STACK);
  });
});

itLeaksNoToken();
