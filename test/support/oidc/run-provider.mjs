/**
 * A real OpenID Provider (the package oidc-provider) as a process of its own: the test that
 * starts it talks to it over HTTP alone. Prints its address when it listens.
 *
 * env: OIDC_REDIRECT_URI of the panel, OIDC_AUDIENCE, OIDC_ACCESS_TTL (s), OIDC_NONCE=require
 * for DPoP proofs that must hold a nonce.
 * POST /test/rotate replaces its keys.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const {
  OIDC_REDIRECT_URI = 'http://127.0.0.1/',
  OIDC_AUDIENCE = '',
  OIDC_ACCESS_TTL = '300',
  OIDC_NONCE,
  OIDC_PORT = '0',
} = process.env;
const server = createServer();
await new Promise((resolve) => server.listen(Number(OIDC_PORT), '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
let keys = 0;

async function newKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  keys += 1;
  return { ...(await exportJWK(privateKey)), kid: `key-${keys}`, alg: 'RS256', use: 'sig' };
}

async function newProvider() {
  const provider = new Provider(issuer, {
    jwks: { keys: [await newKey()] },
    clients: [
      {
        client_id: 'panel',
        token_endpoint_auth_method: 'none',
        redirect_uris: [OIDC_REDIRECT_URI],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        application_type: 'native',
      },
      {
        client_id: 'machine',
        client_secret: 'secret-of-the-machine',
        redirect_uris: [],
        grant_types: ['client_credentials'],
        response_types: [],
      },
    ],
    pkce: { required: () => true },
    clientBasedCORS: () => true,
    cookies: { keys: ['a test needs no secret'] },
    scopes: ['openid', 'events:read', 'events:publish', 'streams:admin'],
    findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      dPoP: {
        enabled: true,
        nonceSecret: randomBytes(32),
        requireNonce: () => OIDC_NONCE === 'require',
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => OIDC_AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'events:read events:publish streams:admin',
          audience: OIDC_AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: Number(OIDC_ACCESS_TTL),
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: { Session: 3600, Interaction: 600, Grant: 3600, IdToken: 300 },
  });
  return provider.callback();
}

let handle = await newProvider();
server.on('request', (req, res) => {
  if (req.url !== '/test/rotate') {
    void handle(req, res);
    return;
  }
  newProvider().then(
    (next) => {
      handle = next;
      res.end();
    },
    (error) => {
      res.writeHead(500).end(String(error));
    },
  );
});
process.stdout.write(`listening on ${issuer}\n`);
