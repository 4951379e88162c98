// @needs redis-server
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { readHistory, rawOf } from '../../client/src/raw.js';
import { itemsOf, membersOf } from '../../src/events/intake/json-text.js';
import { MAX_EVENT_BYTES } from '../../src/events/intake/limits.js';
import { anyJson, tokensOf } from '../support/any-json.js';
import { newDataDir, startBackend, type TestBackend } from '../support/backend.js';
import { BATCH, PLAIN, publishRaw, STRUCTURED } from '../support/publishing.js';
import { RedisServer } from '../support/redis-server.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** `VX11_LOSSLESS_DOCUMENTS=10000` is the long run. */
const DOCUMENTS = Number(process.env['VX11_LOSSLESS_DOCUMENTS'] ?? 60);
/** The largest event, less what a form puts around its `data`. */
const MAX_BYTES = MAX_EVENT_BYTES - 256;
const PAGE = 500;
/** Each document is published four times, one request after the other. */
const TIMEOUT_MS = 60_000 + DOCUMENTS * 100;

jest.setTimeout(TIMEOUT_MS);

/** What people have lost elsewhere; each once, before what is generated. */
const KNOWN = [
  '{"id":1524831183200260097,"huge":1e400,"tiny":1E-400,"exact":0.1000000000000000055511151231257827}',
  '{"money":12345678901234567890.12,"zero":-0,"one":1.0,"many":1e+2}',
  '{"a":1,"a":2,"__proto__":{"b":3},"constructor":null,"2":0,"1":0}',
  '"\\ud800 \\u0041 \\/ \\u00FC ü \u{1f4e6} \u2028 \u007f"',
  ' [ 1 ,\r\n\t{ "a" : [ ] } , "\\"  ]" ] ',
  'null',
  '""',
  '0',
];

/** In each form, `data` or what stands in for it; the event's type names the document and the form. */
const FORMS = {
  structured: (type: string, json: string) =>
    [STRUCTURED, `{${attributes(type)},"data":${json}}`] as const,
  batch: (type: string, json: string) =>
    [BATCH, ` [ {${attributes(type)} , "data" : ${json} } ] `] as const,
  binary: (type: string, json: string) =>
    [
      {
        ...PLAIN,
        'ce-specversion': '1.0',
        'ce-id': randomUUID(),
        'ce-source': '/lossless',
        'ce-type': type,
      },
      json,
    ] as const,
  plain: (type: string, json: string) =>
    [PLAIN, `{"event_type":"${type}","module":"lossless","payload":${json}}`] as const,
};

function attributes(type: string): string {
  return `"specversion":"1.0","id":"${randomUUID()}","source":"/lossless","type":"${type}"`;
}

/** Tokens of the document in an event's text, by the event's type. */
function documentIn(event: string): readonly [type: string, tokens: string] {
  const members = new Map(membersOf(event));
  const type = JSON.parse(members.get('type') ?? '""') as string;
  const data = members.get('data') ?? '';
  const json = type.endsWith('plain') ? new Map(membersOf(data)).get('payload') : data;
  return [type, tokensOf(json ?? '')];
}

describe.each(['SQLite', 'Redis'])('what is published to a log in %s', (store) => {
  const dataDir = newDataDir();
  const documents = [...KNOWN, ...fc.sample(anyJson(MAX_BYTES), { numRuns: DOCUMENTS, seed: 7 })];
  const expected = new Map<string, string>();
  let redis: RedisServer | undefined;
  let backend: TestBackend;

  const start = () =>
    startBackend({
      VX11_DATA_DIR: dataDir,
      VX11_EVENT_LOG_LENGTH: '1000000',
      ...(redis ? { VX11_REDIS_URL: `redis://127.0.0.1:${redis.port}` } : {}),
    });

  beforeAll(async () => {
    redis = store === 'Redis' ? await RedisServer.start() : undefined;
    backend = await start();
  });

  afterAll(async () => {
    await backend.close();
    await redis?.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** The history, page by page, as text. */
  async function* pages(): AsyncGenerator<string> {
    for (let after: string | null = '0-0'; after !== null;) {
      const { text } = await backend.caller.api(`/events?type=l.*&limit=${PAGE}&after=${after}`);
      yield text;
      after = JSON.parse(new Map(membersOf(text)).get('next') ?? 'null') as string | null;
    }
  }

  async function history(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for await (const text of pages()) {
      const events = new Map(membersOf(text)).get('events') ?? '[]';
      for (const event of itemsOf(events)) found.set(...documentIn(event));
    }
    return found;
  }

  it('comes out of the stream token by token as it went in, in each of the four forms', async () => {
    const reader = await backend.caller.stream({ query: '&type=l.*' });
    await reader.named('snapshot');
    for (const [index, json] of documents.entries()) {
      const tokens = tokensOf(json);
      for (const [form, request] of Object.entries(FORMS)) {
        const type = `l.${index}.${form}`;
        const [headers, body] = request(type, json);
        const answer = await publishRaw(backend.caller, headers, body);
        expect([answer.status, json]).toEqual([202, json]);
        expected.set(type, tokens);
      }
    }
    await reader.ofType(`l.${documents.length - 1}.plain`);
    const events = reader.raw.matchAll(/^data: ([^\n]*"type":"l\.[^\n]*)\n/gm);
    const streamed = new Map(Array.from(events, ([, text = '']) => documentIn(text)));
    await reader.close();
    expect(streamed).toEqual(expected);
  });

  it('comes out of history the same', async () => {
    expect(await history()).toEqual(expected);
  });

  it('comes out of the client library, whose text the panel exports, the same', async () => {
    const found = new Map<string, string>();
    for await (const text of pages()) {
      for (const event of readHistory(text).events) found.set(...documentIn(rawOf(event) ?? ''));
    }
    expect(found).toEqual(expected);
  });

  it('comes out of history the same after a restart', async () => {
    await backend.close();
    backend = await start();
    expect(await history()).toEqual(expected);
  });

  it('keeps the text of extension attributes, and of data_base64', async () => {
    const event = `{${attributes('x.text')},"n":-2147483648,"t":true,"s":"\\u00fc\\/ü","e":"","data_base64":"AP8NCg\\u003d="}`;
    await publishRaw(backend.caller, STRUCTURED, event);
    const { text } = await backend.caller.api('/events?type=x.text');
    for (const member of membersOf(event)) {
      expect(text).toContain(`"${member[0]}":${member[1]}`);
    }
  });
});

itLeaksNoToken();
