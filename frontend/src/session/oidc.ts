import * as oauth from 'oauth4webapi';
import { ApiError, problemOf } from './problem.js';
import { apiBase } from './public-base.js';
import { request } from './request.js';
import { signInWith } from './session.js';

/** How operators sign in at the issuer, as the server publishes it. */
export interface OidcConfig {
  readonly issuer: string;
  readonly client_id: string;
  readonly scope: string;
  readonly resource: string | null;
  readonly dpop: boolean;
}

/** What must survive the way to the issuer and back, in this tab alone. No token. */
interface Journey {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where the operator wanted to go: a fragment of this page. */
  readonly hash: string;
}

const KEY = 'vx11-sign-in';

/** Leaves the page for the issuer's. @throws ApiError when the issuer cannot be reached */
export async function goToIssuer(config: OidcConfig): Promise<void> {
  const server = await discover(config);
  const journey: Journey = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    hash: location.hash,
  };
  const url = new URL(server.authorization_endpoint ?? '');
  const parameters = {
    client_id: config.client_id,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: config.scope,
    state: journey.state,
    nonce: journey.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(journey.verifier),
    code_challenge_method: 'S256',
    ...(config.resource !== null && { resource: config.resource }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  sessionStorage.setItem(KEY, JSON.stringify(journey));
  location.assign(url);
}

/**
 * Ends a sign-in that comes back from the issuer.
 * @param answer its parameters, taken from the address
 * @throws ApiError
 */
export async function comeBack(config: OidcConfig, answer: URLSearchParams): Promise<void> {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  // An answer that this tab did not ask for: somebody else began the sign-in (RFC 9700, section 4.7).
  if (kept === null) throw failed('This tab did not begin the sign-in.');
  const { state, nonce, verifier, hash } = JSON.parse(kept) as Journey;
  const server = await discover(config);
  const client: oauth.Client = { client_id: config.client_id };
  try {
    const parameters = oauth.validateAuthResponse(server, client, answer, state);
    const DPoP = config.dpop ? oauth.DPoP(client, await oauth.generateKeyPair('ES256')) : undefined;
    const exchange = async () =>
      oauth.processAuthorizationCodeResponse(
        server,
        client,
        await oauth.authorizationCodeGrantRequest(
          server,
          client,
          oauth.None(),
          parameters,
          redirectUri(),
          verifier,
          {
            ...insecure(config),
            ...(DPoP && { DPoP }),
            ...(config.resource !== null && {
              additionalParameters: { resource: config.resource },
            }),
          },
        ),
        config.scope.split(' ').includes('openid')
          ? { expectedNonce: nonce, requireIdToken: true }
          : {},
      );
    const { access_token: token } = await exchange().catch((error: unknown) => {
      // The issuer wants its nonce in the proof; `DPoP` has noted it (RFC 9449, section 8).
      if (oauth.isDPoPNonceError(error)) return exchange();
      throw error;
    });
    await signInWith((init) =>
      DPoP ? withProof(token, init, DPoP, config) : request('/session', `Bearer ${token}`, init),
    );
  } catch (error) {
    throw error instanceof ApiError ? error : failed((error as Error).message);
  }
  // Only ever a place on this page.
  if (hash.startsWith('#/')) location.replace(hash);
}

/** The key of the token is in this page's memory and cannot be exported. */
async function withProof(
  token: string,
  init: RequestInit,
  DPoP: oauth.DPoPHandle,
  config: OidcConfig,
): Promise<Response> {
  const url = new URL(`${apiBase}/session`, location.href);
  const options = {
    DPoP,
    ...insecure(config),
    [oauth.customFetch]: (address: string, own: RequestInit) =>
      fetch(address, { ...own, credentials: init.credentials ?? 'omit', redirect: 'error' }),
  };
  const response = await oauth.protectedResourceRequest(
    token,
    'POST',
    url,
    new Headers(),
    null,
    options as oauth.ProtectedResourceRequestOptions,
  );
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function discover(config: OidcConfig): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(config.issuer);
  try {
    const response = await oauth.discoveryRequest(issuer, insecure(config));
    return await oauth.processDiscoveryResponse(issuer, response);
  } catch {
    throw failed(`${issuer.host} cannot be reached from this page, or is not set up for it.`);
  }
}

/** An issuer on this machine may do without TLS; the server refuses others in production. */
function insecure({ issuer }: OidcConfig) {
  return { [oauth.allowInsecureRequests]: issuer.startsWith('http://') };
}

function redirectUri(): string {
  return location.origin + location.pathname;
}

function failed(what: string): ApiError {
  return new ApiError(0, undefined, `The sign-in did not succeed. ${what}`);
}
