import { join } from 'node:path';
import { ask } from '../http.js';
import { Child } from '../process/child.ts';
import { AUDIENCE } from './issuer.js';

/** A real OpenID Provider, the package oidc-provider, as a process of its own. */
export class Provider {
  private constructor(
    private readonly child: Child,
    readonly url: string,
    private readonly env: Record<string, string>,
  ) {}

  /** @param redirectUri of the panel */
  static async start(
    redirectUri = 'http://127.0.0.1/',
    env: Record<string, string> = {},
  ): Promise<Provider> {
    const all = { OIDC_AUDIENCE: AUDIENCE, OIDC_REDIRECT_URI: redirectUri, ...env };
    const child = new Child({
      name: 'oidc-provider',
      args: [join(__dirname, 'run-provider.mjs')],
      env: all,
    });
    const [, url = ''] = await child.line(/^listening on (\S+)$/);
    return new Provider(child, url, all);
  }

  /** The settings of a service that trusts it. */
  get settings(): Record<string, string> {
    return { VX11_OIDC_ISSUER: this.url, VX11_OIDC_AUDIENCE: AUDIENCE };
  }

  /** An access token for a program (client credentials). @param proof a DPoP proof for the token endpoint */
  async token(scope: string, proof?: string): Promise<string> {
    const credentials = Buffer.from('machine:secret-of-the-machine').toString('base64');
    const answer = await ask(this.url, '/token', {
      method: 'POST',
      issuing: true,
      headers: {
        authorization: `Basic ${credentials}`,
        'content-type': 'application/x-www-form-urlencoded',
        ...(proof === undefined ? {} : { dpop: proof }),
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }).toString(),
    });
    if (answer.status !== 200) throw new Error(`no access token: ${answer.text}`);
    return answer.json.access_token as string;
  }

  async rotateKeys(): Promise<void> {
    await ask(this.url, '/test/rotate', { method: 'POST' });
  }

  /** Away until `back`. */
  async stop(): Promise<void> {
    await this.child.end('SIGKILL');
  }

  /** The same issuer again, with new keys. */
  back(): Promise<Provider> {
    return Provider.start(this.env['OIDC_REDIRECT_URI'], {
      ...this.env,
      OIDC_PORT: new URL(this.url).port,
    });
  }
}
