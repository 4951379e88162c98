import { withBackend } from '../support/fixtures.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';

const HEALTH = ['/health', '/livez', '/readyz', '/operator/api/health'];
const PUBLIC = new Set([
  ...[...HEALTH, '/metrics', '/operator/api/session/config'].map((path) => `GET ${path}`),
  'POST /operator/api/sign-in-codes/redeem',
]);

/** The contract's routes that this backend has. */
const CONTRACT = [
  'GET /health',
  'GET /livez',
  'GET /readyz',
  'GET /operator/api/health',
  'POST /operator/api/events/sse-token',
  'POST /operator/api/events/sse-token/revoke',
  'GET /operator/api/events/stream',
  'GET /operator/api/events',
  'GET /operator/api/events/counts',
  'POST /operator/api/events',
  'POST /operator/api/intake/alertmanager',
  'GET /operator/api/streams',
  'DELETE /operator/api/streams/{id}',
  'POST /operator/api/principals/{id}/revoke',
];

describe('the routes', () => {
  const { backend } = withBackend();
  /** As `GET /path`. */
  let documented: string[];
  /** Those that say that they need no credential. */
  let open: string[];
  let openapi: string;

  beforeAll(async () => {
    const { json } = await ask(backend.url, '/docs-json');
    openapi = json.openapi;
    const operations = Object.entries(
      json.paths as Record<string, Record<string, { security: object[] }>>,
    ).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { security }]) => [`${method.toUpperCase()} ${path}`, security] as const,
      ),
    );
    documented = operations.map(([route]) => route);
    open = operations
      .filter(([, security]) => security.some((one) => Object.keys(one).length === 0))
      .map(([route]) => route);
  });

  it('are described as OpenAPI 3.1 at /docs-json, and for people at /docs', async () => {
    expect(openapi).toMatch(/^3\.1\./);
    const page = await ask(backend.url, '/docs');
    expect([page.status, page.headers['content-type']]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
  });

  it('of the contract are all described', () => {
    expect(documented).toEqual(expect.arrayContaining(CONTRACT));
  });

  it('say that they are open exactly where they are', () => {
    expect(open.toSorted()).toEqual([...PUBLIC].toSorted());
  });

  it('answer 401 without a credential, with a challenge, unless they are public', async () => {
    const guarded = documented.filter((route) => !PUBLIC.has(route));
    expect(guarded.length).toBeGreaterThanOrEqual(CONTRACT.length - PUBLIC.size);
    for (const route of guarded) {
      const [method = '', path = ''] = route.split(' ');
      const { status, json, headers } = await ask(backend.url, path.replace(/\{.*?\}/g, 'x'), {
        method,
        // As a page of this origin sends it: routes that read a cookie refuse others first.
        headers: { 'sec-fetch-site': 'same-origin' },
      });
      expect([route, status, json.code]).toEqual([route, 401, 'auth_required']);
      expect(headers['www-authenticate']).toMatch(/^Bearer /);
    }
  });

  it('that are public say that the service is up', async () => {
    for (const path of HEALTH) {
      const { status, json } = await ask(backend.url, path);
      expect([status, json.status, json.service]).toEqual([200, 'ok', 'operator_backend']);
    }
    expect((await ask(backend.url, '/operator/api/health')).json).toEqual({
      status: 'ok',
      service: 'operator_backend',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      timestamp: expect.stringMatching(/Z$/),
      ephemeral_token_cache_size: expect.any(Number),
    });
  });

  it('count the living tokens in the health of the API', async () => {
    const size = async () =>
      (await ask(backend.url, '/operator/api/health')).json.ephemeral_token_cache_size as number;
    const before = await size();
    await backend.caller.issue();
    expect(await size()).toBe(before + 1);
  });
});

itLeaksNoToken();
