import { withBackend } from '../support/fixtures.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PATH = '/events/sse-token';

describe('issuing an ephemeral token', () => {
  const { backend } = withBackend();

  async function issue(headers = {}, body?: string | object) {
    const answer = await backend.caller.api(PATH, {
      method: 'POST',
      headers,
      issuing: true,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status === 200) remember(answer.json.sse_token, 'ephemeral');
    return answer;
  }

  it('answers 200 with exactly sse_token (a UUID v4), expires_in_sec 60 and ttl_sec 60', async () => {
    const { status, json } = await issue();
    expect(status).toBe(200);
    expect(json).toEqual({
      sse_token: expect.stringMatching(UUID_V4),
      expires_in_sec: 60,
      ttl_sec: 60,
    });
  });

  it('forbids every cache to keep the answer', async () => {
    const { headers } = await issue();
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['x-correlation-id']).toMatch(/^c_/);
  });

  it('never issues one token twice', async () => {
    const tokens = await Promise.all(Array.from({ length: 200 }, () => backend.caller.issue()));
    expect(new Set(tokens).size).toBe(200);
  });

  it('takes the principal token in Authorization: Bearer as well, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const { status } = await issue({
        'x-vx11-token': undefined,
        authorization: `${scheme} ${backend.token}`,
      });
      expect(status).toBe(200);
    }
  });

  it('takes an empty body, an empty object, and a filter', async () => {
    for (const body of [{}, { filter: { severity: ['error'], type: ['a.*'] } }]) {
      expect((await issue({}, body)).status).toBe(200);
    }
    expect((await issue({ 'content-length': '0' })).status).toBe(200);
  });

  it.each([
    ['a filter that is a list', { filter: [{ module: ['madre'] }] }],
    ['a filter that is an empty list', { filter: [] }],
    ['a filter that names nothing', { filter: {} }],
    ['a filter that is a word', { filter: 'madre' }],
    ['a filter with an unknown field', { filter: { modul: ['madre'] } }],
    ['a filter with a severity that does not exist', { filter: { severity: ['loud'] } }],
    ['an unknown field', { filters: { module: ['madre'] } }],
    ['a list', []],
  ])('refuses %s: a wish to narrow that is not understood must not widen', async (_, body) => {
    const { status, json } = await issue({}, body);
    expect([status, json.code]).toEqual([400, 'invalid_request']);
  });

  it('refuses broken JSON, another media type and a body that is too large', async () => {
    const json = { 'content-type': 'application/json' };
    expect(await issue(json, '{"filter":')).toMatchObject({
      status: 400,
      json: { code: 'invalid_request' },
    });
    expect(await issue({ 'content-type': 'text/xml' }, '<filter/>')).toMatchObject({
      status: 415,
      json: { code: 'unsupported_media_type' },
    });
    expect(await issue(json, JSON.stringify({ filter: 'x'.repeat(20_000) }))).toMatchObject({
      status: 413,
      json: { code: 'too_large', detail: expect.stringMatching(/at most \d+ bytes/) },
    });
  });
});

itLeaksNoToken();
