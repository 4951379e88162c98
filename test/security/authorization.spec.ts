import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { request as send } from 'node:http';
import {
  authorizationTable,
  backendRoutes,
  CREDENTIALS,
  verdictOf,
  type Credential,
  type Verdict,
} from '../../src/apps/authorization.js';
import { SCOPES, type Scope } from '../../src/auth/principal.js';
import { HOP_HEADER, HopKeys } from '../../src/http/hop-keys.js';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { HOP_KEY } from '../support/hop-key.js';
import { writePrincipals } from '../support/principals.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';

const routes = backendRoutes();
const INSIDE = { module: ['shop'] };

/** A request that an admitted caller gets this answer to: the status, and the code of a problem. */
interface Example {
  readonly path?: string;
  readonly query?: string;
  readonly body?: object;
  /** By default application/json. */
  readonly type?: string;
  readonly answer: string;
}

/** By route; a new route belongs here. */
const EXAMPLES: Record<string, Example> = {
  'GET /health': { answer: '200' },
  'GET /livez': { answer: '200' },
  'GET /readyz': { answer: '200' },
  'GET /metrics': { answer: '200' },
  'POST /internal/refusals': { answer: '204' },
  'POST /internal/proofs/:hash': { path: '/internal/proofs/a', query: 'ms=1', answer: '204' },
  'GET /internal/revocations/stream': { answer: '200' },
  'GET /operator/api/health': { answer: '200' },
  'GET /operator/api/events': { answer: '200' },
  'GET /operator/api/events/counts': { answer: '200' },
  'POST /operator/api/events': {
    body: event({ module: 'shop' }),
    type: 'application/cloudevents+json',
    answer: '202',
  },
  'POST /operator/api/events/:position/notes': {
    path: '/operator/api/events/none/notes',
    body: { action: 'pin' },
    answer: '404 not_found',
  },
  'POST /operator/api/sign-in-codes': { answer: '200' },
  'POST /operator/api/sign-in-codes/redeem': {
    body: { code: 'none' },
    answer: '403 invalid_token',
  },
  'POST /operator/api/events/sse-token': { answer: '200' },
  'POST /operator/api/events/sse-token/revoke': {
    body: { sse_token: randomUUID() },
    answer: '204',
  },
  'GET /operator/api/events/stream': { query: 'follow=false', answer: '200' },
  'POST /operator/api/intake/alertmanager': {
    body: { version: '4', status: 'firing', alerts: [{ status: 'firing', labels: { a: 'b' } }] },
    answer: '202',
  },
  'GET /operator/api/principals': { answer: '200' },
  'POST /operator/api/principals': {
    // An id that exists, so that every admitted caller gets the same answer.
    body: { id: 'inside', scopes: [], filter: INSIDE },
    answer: '409 principal_exists',
  },
  'GET /operator/api/principals/:id': {
    path: '/operator/api/principals/inside',
    answer: '200',
  },
  'PATCH /operator/api/principals/:id': {
    path: '/operator/api/principals/inside',
    body: {},
    answer: '409 principal_configured',
  },
  'DELETE /operator/api/principals/:id': {
    path: '/operator/api/principals/inside',
    answer: '409 principal_configured',
  },
  'POST /operator/api/principals/:id/rotate': {
    path: '/operator/api/principals/inside/rotate',
    answer: '409 principal_configured',
  },
  'POST /operator/api/principals/:id/disable': {
    // Nobody: the other rows need the principals that there are.
    path: '/operator/api/principals/spare/disable',
    answer: '202',
  },
  'GET /operator/api/session': { answer: '200' },
  'GET /operator/api/session/config': { answer: '200' },
  'POST /operator/api/session': { answer: '200' },
  'POST /operator/api/session/refresh': { body: {}, answer: '401 auth_required' },
  'DELETE /operator/api/session': { body: {}, answer: '401 auth_required' },
  'DELETE /operator/api/session/all': { answer: '200' },
  'POST /operator/api/principals/:id/revoke': {
    path: '/operator/api/principals/inside/revoke',
    answer: '202',
  },
  'POST /operator/api/principals/:id/restore': {
    path: '/operator/api/principals/inside/restore',
    answer: '202',
  },
  'GET /operator/api/audit': { answer: '200' },
  'GET /operator/api/audit/export': { answer: '200' },
  'GET /operator/api/services': { answer: '200' },
  'GET /operator/api/streams': { answer: '200' },
  'DELETE /operator/api/streams/:id': {
    path: '/operator/api/streams/s_none',
    answer: '404 not_found',
  },
  'GET /operator/api/summary': { answer: '200' },
};

const REFUSALS: Record<Exclude<Verdict, 'yes' | 'filter'>, string> = {
  missing: '401 auth_required',
  cookie: '401 auth_required',
  token: '403 invalid_token',
  scope: '403 insufficient_scope',
};

/** The principal that has this scope alone. */
function holderOf<S extends Scope>(scope: S) {
  return scope.replace(':', '-') as S extends `${infer Area}:${infer Act}`
    ? `${Area}-${Act}`
    : never;
}

describe('the table of docs/reference/authorization.md', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'nobody', scopes: [] },
    ...SCOPES.map((scope) => ({ id: holderOf(scope), scopes: [scope] })),
    { id: 'revoked', scopes: [...SCOPES] },
    { id: 'bounded', scopes: ['streams:admin'], filter: INSIDE },
    { id: 'inside', scopes: ['events:read'], filter: INSIDE },
    { id: 'spare', scopes: ['events:read'], filter: INSIDE },
    { id: 'outside', scopes: ['events:read'] },
  ]);
  let backend: TestBackend;
  const as = (id: keyof typeof tokens) => new Caller(backend.url, tokens[id]);

  beforeAll(async () => {
    backend = await startBackend({ VX11_DATA_DIR: dataDir, VX11_PRINCIPALS_FILE: file });
    await as('streams-admin').post('/principals/revoked/revoke');
  });

  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is what the decorators of the routes say', () => {
    const page = readFileSync('docs/reference/authorization.md', 'utf8');
    const written = /<!-- table -->\n([\s\S]*)<!-- end of the table -->/.exec(page)?.[1]?.trim();
    // After a change of a route: npm run authorization
    expect(written).toBe(authorizationTable(routes));
  });

  it('has a row for each route that answers, and an example of each', () => {
    expect(routes.map(({ route }) => route).toSorted()).toEqual(Object.keys(EXAMPLES).toSorted());
    expect(routes.filter(({ access }) => access === undefined)).toEqual([]);
  });

  async function present(
    credential: Credential,
    method: string,
    target: string,
  ): Promise<{ headers: Record<string, string>; query?: string }> {
    const ephemeral = () => as('events-read').issue();
    switch (credential) {
      case 'none':
        return { headers: {} };
      case 'wrong token':
        return { headers: { 'x-vx11-token': remember(newPrincipalToken(), 'unknown') } };
      case 'no scope':
        return { headers: { 'x-vx11-token': tokens.nobody } };
      case 'ephemeral, `?token=`':
        return { headers: {}, query: `token=${await ephemeral()}` };
      case 'ephemeral, header':
        return { headers: { authorization: `Bearer ${await ephemeral()}` } };
      case 'bounded admin':
        return { headers: { 'x-vx11-token': tokens.bounded } };
      case 'gateway': {
        const nobody = { address: '', protocol: '', host: '', principal: '' };
        const claims = { method, target, ...nobody };
        return { headers: { [HOP_HEADER]: new HopKeys([HOP_KEY]).sign(claims, Date.now()) } };
      }
      case 'revoked':
        return { headers: { 'x-vx11-token': tokens.revoked } };
      default:
        return { headers: { 'x-vx11-token': tokens[holderOf(credential)] } };
    }
  }

  /** The status, and the code of a problem. The body of a stream is not waited for. */
  async function answerTo(
    route: string,
    example: Example,
    credential: Credential,
  ): Promise<string> {
    const [method = '', pattern = ''] = route.split(' ');
    const own = `${example.path ?? pattern}${example.query ? `?${example.query}` : ''}`;
    const { headers, query } = await present(credential, method, own);
    const target = query ? `${own}${own.includes('?') ? '&' : '?'}${query}` : own;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const body = example.body && JSON.stringify(example.body);
    const type = body ? { 'content-type': example.type ?? 'application/json' } : {};
    const agent = { 'user-agent': 'test-client/1.0' };
    send(`${backend.url}${target}`, { method, headers: { ...agent, ...type, ...headers } })
      .once('error', reject)
      .once('response', (res) => {
        if (!res.headers['content-type']?.startsWith('application/problem+json')) {
          resolve(String(res.statusCode));
          res.destroy();
          return;
        }
        let text = '';
        res.on('data', (piece: Buffer) => (text += piece.toString()));
        res.once('end', () => {
          resolve(`${res.statusCode} ${(JSON.parse(text) as { code: string }).code}`);
        });
      })
      .end(body);
    return promise;
  }

  it.each(routes.map(({ route, access }) => ({ route, access })))(
    'is what a running operator-backend answers: $route',
    async ({ route, access }) => {
      const example = EXAMPLES[route] as Example;
      const answers = [];
      const expected = [];
      for (const credential of CREDENTIALS) {
        const verdict = verdictOf(access, credential);
        const isAdmitted = verdict === 'yes' || verdict === 'filter';
        expected.push([credential, isAdmitted ? example.answer : REFUSALS[verdict]]);
        answers.push([credential, await answerTo(route, example, credential)]);
      }
      expect(answers).toEqual(expected);
    },
  );

  it('shows a bounded administrator nothing outside its filter', async () => {
    const bounded = as('bounded');
    await bounded.post('/principals/inside/restore');
    for (const act of ['revoke', 'restore']) {
      const { status, json } = await bounded.post(`/principals/outside/${act}`);
      expect([act, status, json.code]).toEqual([act, 404, 'not_found']);
    }
    const outside = await as('outside').stream();
    const inside = await as('inside').stream();
    await Promise.all([outside.named('snapshot'), inside.named('snapshot')]);
    const ids = await as('streams-admin').streams(2);
    const seen = await bounded.streams(1);
    const hidden = ids.find((id) => !seen.includes(id));
    const { status } = await bounded.api(`/streams/${hidden}`, { method: 'DELETE' });
    expect(status).toBe(404);
    expect((await bounded.api(`/streams/${seen[0]}`, { method: 'DELETE' })).status).toBe(204);
    await Promise.all([inside.ended, outside.close()]);
  });

  it('says that the API reference is open', async () => {
    for (const path of ['/docs', '/docs-json', '/docs-yaml']) {
      expect((await ask(backend.url, path)).status).toBe(200);
    }
  });
});

itLeaksNoToken();
