import type { Page } from 'playwright-core';

export interface OpenIdServerSettings {
  /** Of the panel; the port does not matter (RFC 8252, section 7.3). */
  readonly redirectUri?: string;
  /** Lifetime of access tokens. */
  readonly accessTtlSec?: number;
  /** A DPoP proof must hold the server's nonce (RFC 9449, section 8). */
  readonly requiresNonce?: boolean;
}

/** A real OpenID server as a process of its own, which a test reaches over HTTP alone. */
export interface OpenIdServer {
  readonly name: string;
  /** The issuer, exactly as its tokens name it. */
  readonly url: string;
  readonly tokenEndpoint: string;
  /** The settings of a service that trusts it. */
  readonly settings: Readonly<Record<string, string>>;
  /** The subject of the tokens that `token` gets. */
  readonly machine: string;
  /** An access token for a program (client credentials). @param proof a DPoP proof for the token endpoint */
  token(scope: string, proof?: string): Promise<string>;
  /** Signs new tokens with a new key. */
  rotateKeys(): Promise<void>;
  /** Fills in the server's own pages, which the panel has led to. */
  signIn(page: Page): Promise<void>;
  /** Away until `back`. */
  stop(): Promise<void>;
  /** The same issuer again, with new keys. */
  back(): Promise<OpenIdServer>;
}
