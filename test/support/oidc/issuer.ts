import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTHeaderParameters,
} from 'jose';
import { createHash, randomUUID } from 'node:crypto';
import { remember } from '../secrets.js';

export const AUDIENCE = 'https://operator.test';

export interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey;
}

export async function newKey(kid: string, alg = 'ES256'): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    alg,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    privateKey,
  };
}

/** An issuer whose keys the test has, so that it can make any token. */
export class TestIssuer {
  /** Requests for the keys. */
  reads = 0;
  /** Answers 503 while true. */
  isAway = false;
  /** Sends the beginning of its keys and no end while true. */
  hangs = false;
  private constructor(
    private readonly server: Server,
    readonly url: string,
    /** Those that it publishes; the first one signs. */
    public keys: Key[],
  ) {}

  /** @param path of the issuer's name, as `/realms/shop/` */
  static async start(path = ''): Promise<TestIssuer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = origin + path;
    const issuer = new TestIssuer(server, url, [await newKey('k1')]);
    server.on('request', (req, res) => {
      if (issuer.isAway) {
        res.writeHead(503).end();
        return;
      }
      const isKeys = req.url === '/keys';
      if (isKeys) issuer.reads += 1;
      const body = isKeys
        ? { keys: issuer.keys.map(({ publicJwk }) => publicJwk) }
        : { issuer: url, jwks_uri: `${origin}/keys` };
      // A provider answers below its own path only.
      const place = `${path.replace(/\/$/, '')}/.well-known/openid-configuration`;
      if (!isKeys && req.url !== place) {
        res.writeHead(404).end();
        return;
      }
      res.setHeader('content-type', 'application/json');
      if (isKeys && issuer.hangs) res.write('{"keys":[');
      else res.end(JSON.stringify(body));
    });
    return issuer;
  }

  /** The settings of a service that trusts it. */
  get env(): Record<string, string> {
    return { VX11_OIDC_ISSUER: this.url, VX11_OIDC_AUDIENCE: AUDIENCE };
  }

  /** An access token as it should be, with these changes; a claim of undefined is left out. */
  async token(
    claims: Record<string, unknown> = {},
    header: Partial<JWTHeaderParameters> = {},
    key: Key = this.keys[0]!,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      iss: this.url,
      aud: AUDIENCE,
      sub: 'ana',
      client_id: 'panel',
      jti: randomUUID(),
      iat: now,
      exp: now + 300,
      scope: 'openid events:read',
      ...claims,
    };
    const defined = Object.fromEntries(
      Object.entries(payload).filter(([, value]) => value !== undefined),
    );
    const jwt = await new SignJWT(defined)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
      .sign(key.privateKey);
    return remember(jwt, 'access');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The holder of a key, who proves it with each request (RFC 9449). */
export class Prover {
  private constructor(
    private readonly key: Key,
    readonly thumbprint: string,
  ) {}

  static async make(): Promise<Prover> {
    const key = await newKey('dpop');
    return new Prover(key, await calculateJwkThumbprint(key.publicJwk));
  }

  async proof(
    method: string,
    url: string,
    token: string | undefined,
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
  ): Promise<string> {
    const { kty, crv, x, y } = this.key.publicJwk;
    const ath = token && createHash('sha256').update(token).digest('base64url');
    const payload = { jti: randomUUID(), htm: method, htu: url, ...(ath ? { ath } : {}) };
    const iat = Math.floor(Date.now() / 1000);
    return new SignJWT({ iat, ...payload, ...claims })
      .setProtectedHeader({
        alg: 'ES256',
        typ: 'dpop+jwt',
        jwk: { kty, crv, x, y } as JWK,
        ...header,
      })
      .sign(this.key.privateKey);
  }
}
