import { Keycloak } from './keycloak.js';
import type { OpenIdServer, OpenIdServerSettings } from './openid-server.js';
import { Provider } from './provider.js';

/** Keycloak with VX11_TEST_OIDC=keycloak, as `npm run test:oidc` sets it; else oidc-provider. */
export function startOpenIdServer(settings: OpenIdServerSettings = {}): Promise<OpenIdServer> {
  const name = process.env['VX11_TEST_OIDC'] ?? 'oidc-provider';
  if (name === 'keycloak') return Keycloak.start(settings);
  if (name === 'oidc-provider') return Provider.start(settings);
  throw new Error(`VX11_TEST_OIDC is keycloak or oidc-provider, not ${name}`);
}
