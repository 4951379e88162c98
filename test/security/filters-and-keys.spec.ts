import { startBackend, type TestBackend } from '../support/backend.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';

const ISSUE = '/operator/api/events/sse-token';

describe('a body that a filter or a key makes dangerous', () => {
  let backend: TestBackend;

  beforeAll(async () => {
    backend = await startBackend();
  });

  afterAll(() => backend.close());

  const post = (path: string, body: string, issuing = false) =>
    ask(backend.url, path, {
      issuing,
      method: 'POST',
      headers: { 'X-VX11-Token': backend.token, 'Content-Type': 'application/json' },
      body,
    });

  it.each([
    '{"filter":null}',
    '{"filter":[]}',
    '{"filter":{}}',
    '{"filter":{"module":null}}',
    '{"filter":{"module":[]}}',
    '{"filter":{"module":"shop"}}',
    '{"filter":{"module":[null]}}',
    '{"filter":{"modul":["shop"]}}',
    '{"filter":{"type":{"constructor":1}}}',
    '{"filter":{"constructor":{"name":"x"}}}',
    '{"filter":{"__proto__":{"module":["a"]}}}',
    '{"filter":{"toString":["a"]}}',
    '{"constructor":1}',
    '{"__proto__":{"filter":{}}}',
    '{"hasOwnProperty":1}',
  ])('gets no token: %s', async (body) => {
    const answer = await post(ISSUE, body);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'invalid_request' });
  });

  it.each([
    '{"sse_token":{"constructor":1}}',
    '{"constructor":1,"sse_token":"x"}',
    '{"sse_token":"x","__proto__":1}',
    '{"toString":1}',
  ])('revokes nothing: %s', async (body) => {
    const answer = await post(`${ISSUE}/revoke`, body);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'invalid_request' });
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])(
    'is not read as a query either: ?%s=1',
    async (name) => {
      const headers = { 'X-VX11-Token': backend.token };
      for (const query of [`${name}=1`, `severity[${name}]=1`, `${name}[${name}]=1`]) {
        const answer = await ask(backend.url, `/operator/api/events?${query}`, { headers });
        expect(answer.status).toBe(400);
        expect(answer.json).toMatchObject({ code: 'invalid_query' });
      }
    },
  );

  it('is a valid one where the filter narrows', async () => {
    const answer = await post(ISSUE, '{"filter":{"module":["shop"],"type":["shop.*"]}}', true);
    expect(answer.status).toBe(200);
  });
});

itLeaksNoToken();
