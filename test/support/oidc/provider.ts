import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ask } from '../http.js';
import { Child } from '../process/child.ts';
import { AUDIENCE } from './issuer.js';
import type { OpenIdServer, OpenIdServerSettings } from './openid-server.js';
import { askForToken } from './token-request.js';

/** The package oidc-provider. */
export class Provider implements OpenIdServer {
  readonly name = 'oidc-provider';
  readonly machine = 'machine';

  private constructor(
    private readonly child: Child,
    readonly url: string,
    private readonly given: OpenIdServerSettings,
  ) {}

  static async start(given: OpenIdServerSettings, port = 0): Promise<Provider> {
    const { redirectUri = 'http://127.0.0.1/', accessTtlSec = 300, requiresNonce = false } = given;
    const child = new Child({
      name: 'oidc-provider',
      args: [join(__dirname, 'run-provider.mjs')],
      env: {
        OIDC_AUDIENCE: AUDIENCE,
        OIDC_REDIRECT_URI: redirectUri,
        OIDC_ACCESS_TTL: String(accessTtlSec),
        OIDC_NONCE: requiresNonce ? 'require' : '',
        OIDC_PORT: String(port),
      },
    });
    const [, url = ''] = await child.line(/^listening on (\S+)$/);
    return new Provider(child, url, given);
  }

  get settings(): Record<string, string> {
    return { VX11_OIDC_ISSUER: this.url, VX11_OIDC_AUDIENCE: AUDIENCE };
  }

  get tokenEndpoint(): string {
    return `${this.url}/token`;
  }

  token(scope: string, proof?: string): Promise<string> {
    return askForToken(this.tokenEndpoint, scope, proof);
  }

  async rotateKeys(): Promise<void> {
    await ask(this.url, '/test/rotate', { method: 'POST' });
  }

  async signIn(page: Page): Promise<void> {
    const name = page.locator('input[name=login]');
    const agree = page.getByRole('button', { name: /continue/i });
    await name.or(agree).first().waitFor();
    if (await name.isVisible()) {
      await name.fill('ana');
      await page.locator('input[name=password]').fill('any');
      await page.locator('button[type=submit]').click();
    }
    await agree.click();
  }

  async stop(): Promise<void> {
    await this.child.end('SIGKILL');
  }

  back(): Promise<Provider> {
    return Provider.start(this.given, Number(new URL(this.url).port));
  }
}
