import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { Child, answers } from '../process/child.ts';
import { freePorts } from '../process/ports.ts';
import { AUDIENCE } from './issuer.js';
import { KEYCLOAK } from './keycloak-version.ts';
import type { OpenIdServer, OpenIdServerSettings } from './openid-server.js';
import { askForToken, MACHINE } from './token-request.js';

const HOME = resolve(KEYCLOAK.directory);
const REALM = 'ops';
const START_MS = 180_000;
const ADMIN = { name: 'admin', password: randomBytes(12).toString('hex') };
const ANA = { name: 'ana', password: 'any' };
/** A token has the role when it asks for the scope. */
const ROLES = {
  'events:read': 'vx11-reader',
  'events:publish': 'vx11-publisher',
  'streams:admin': 'vx11-admin',
};

/** Keycloak, set up as docs/operational/openid-connect.md says. `npm run test:oidc` installs it. */
export class Keycloak implements OpenIdServer {
  readonly name = 'Keycloak';
  machine = '';
  private adminToken = '';

  private constructor(
    private readonly child: Child,
    private readonly origin: string,
    private readonly given: OpenIdServerSettings,
  ) {}

  static async start(given: OpenIdServerSettings, at?: number): Promise<Keycloak> {
    const [free, management] = (await freePorts(2)) as [number, number];
    const port = at ?? free;
    const origin = `http://127.0.0.1:${port}`;
    const child = new Child({
      name: 'Keycloak',
      command: 'java',
      // As its kc.sh starts it, which would stay between us and the process.
      args: [
        '-Xmx512m',
        // Starts sooner; nothing here runs long enough for the better compiler.
        '-XX:TieredStopAtLevel=1',
        '-XX:+UseSerialGC',
        `-Dkc.home.dir=${HOME}`,
        `-Djboss.server.config.dir=${join(HOME, 'conf')}`,
        '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
        '-cp',
        join(HOME, 'lib/quarkus-run.jar'),
        'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
        'start',
        '--optimized',
        '--http-enabled=true',
        '--http-host=127.0.0.1',
        `--http-port=${port}`,
        `--hostname=${origin}`,
        '--http-management-host=127.0.0.1',
        `--http-management-port=${management}`,
        '--cache=local',
      ],
      env: { KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.name, KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password },
    });
    const server = new Keycloak(child, origin, given);
    await child.until(() => answers(`${origin}/realms/master`), START_MS);
    await server.setUp();
    return server;
  }

  get url(): string {
    return `${this.origin}/realms/${REALM}`;
  }

  get settings(): Record<string, string> {
    return {
      VX11_OIDC_ISSUER: this.url,
      VX11_OIDC_AUDIENCE: AUDIENCE,
      VX11_OIDC_TOKEN_TYPES: 'JWT',
      VX11_OIDC_SCOPES_CLAIM: 'realm_access.roles',
      VX11_OIDC_SCOPE_MAP: Object.entries(ROLES)
        .map(([scope, role]) => `${role}=${scope}`)
        .join(','),
    };
  }

  get tokenEndpoint(): string {
    return `${this.url}/protocol/openid-connect/token`;
  }

  token(scope: string, proof?: string): Promise<string> {
    return askForToken(this.tokenEndpoint, scope, proof);
  }

  async rotateKeys(): Promise<void> {
    const { id } = await this.admin('GET', `/realms/${REALM}`);
    await this.admin('POST', `/realms/${REALM}/components`, {
      name: `rsa-${Date.now()}`,
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      parentId: id,
      config: { priority: [String(Date.now() % 1e9)], enabled: ['true'], active: ['true'] },
    });
  }

  async signIn(page: Page): Promise<void> {
    await page.locator('#username').fill(ANA.name);
    await page.locator('#password').fill(ANA.password);
    await page.locator('#kc-login').click();
  }

  async stop(): Promise<void> {
    await this.child.end('SIGKILL');
  }

  back(): Promise<Keycloak> {
    return Keycloak.start(this.given, Number(new URL(this.origin).port));
  }

  /** A realm with the panel, a program and a person. */
  private async setUp(): Promise<void> {
    const { redirectUri = 'http://127.0.0.1/', accessTtlSec = 300 } = this.given;
    await this.admin('POST', '/realms', {
      realm: REALM,
      enabled: true,
      sslRequired: 'none',
      accessTokenLifespan: accessTtlSec,
    });
    const realm = `/realms/${REALM}`;
    for (const [scope, name] of Object.entries(ROLES)) {
      await this.admin('POST', `${realm}/roles`, { name });
      const id = await this.admin('POST', `${realm}/client-scopes`, {
        name: scope,
        protocol: 'openid-connect',
        attributes: { 'include.in.token.scope': 'true' },
      });
      await this.admin('POST', `${realm}/client-scopes/${id}/scope-mappings/realm`, [
        await this.admin('GET', `${realm}/roles/${name}`),
      ]);
    }
    const client = {
      fullScopeAllowed: false,
      defaultClientScopes: ['basic', 'roles', 'profile'],
      optionalClientScopes: Object.keys(ROLES),
      protocolMappers: [
        {
          name: 'audience',
          protocol: 'openid-connect',
          protocolMapper: 'oidc-audience-mapper',
          config: { 'included.custom.audience': AUDIENCE, 'access.token.claim': 'true' },
        },
      ],
    };
    await this.admin('POST', `${realm}/clients`, {
      ...client,
      clientId: 'panel',
      publicClient: true,
      redirectUris: [redirectUri],
      webOrigins: ['*'],
      attributes: { 'pkce.code.challenge.method': 'S256' },
    });
    const machine = await this.admin('POST', `${realm}/clients`, {
      ...client,
      clientId: MACHINE.id,
      secret: MACHINE.secret,
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
    });
    const ana = await this.admin('POST', `${realm}/users`, {
      username: ANA.name,
      enabled: true,
      email: 'ana@example.test',
      emailVerified: true,
      firstName: 'Ana',
      lastName: 'Example',
      credentials: [{ type: 'password', value: ANA.password, temporary: false }],
    });
    const { id } = await this.admin('GET', `${realm}/clients/${machine}/service-account-user`);
    this.machine = id as string;
    const roles = (await this.admin('GET', `${realm}/roles`)) as { name: string }[];
    const ours = roles.filter(({ name }) => Object.values(ROLES).includes(name));
    for (const user of [ana, id]) {
      await this.admin('POST', `${realm}/users/${user}/role-mappings/realm`, ours);
    }
  }

  /** Keycloak's admin API. @returns the answer, or the id of what was created */
  // eslint-disable-next-line typescript/no-explicit-any
  private async admin(method: string, path: string, body?: object, isAgain = false): Promise<any> {
    const answer = await fetch(`${this.origin}/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${this.adminToken}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (answer.status === 401 && !isAgain) {
      await this.signInAsAdmin();
      return this.admin(method, path, body, true);
    }
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    if (answer.status === 201) return answer.headers.get('location')?.split('/').at(-1);
    return answer.status === 204 ? undefined : answer.json();
  }

  private async signInAsAdmin(): Promise<void> {
    const path = '/realms/master/protocol/openid-connect/token';
    const answer = await fetch(this.origin + path, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'admin-cli',
        username: ADMIN.name,
        password: ADMIN.password,
      }),
    });
    this.adminToken = ((await answer.json()) as { access_token: string }).access_token;
  }
}
