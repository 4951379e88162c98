import { signal } from '@preact/signals';
import { ApiError } from './problem.js';
import { jsonOf, request } from './request.js';

/** What the server says about a session. */
export interface SessionInfo {
  readonly id: string;
  readonly principal_id: string;
  readonly scopes: readonly string[];
  readonly expires_at: string;
}

interface SignedIn {
  readonly access_token: string;
  readonly expires_in_sec: number;
  readonly session: SessionInfo;
}

interface Held {
  readonly token: string;
  /** After this moment a newer token is fetched first, epoch milliseconds. */
  readonly refreshAt: number;
  /** Tabs with the same identity share a stream. */
  readonly identity: string;
}

/** Part of its lifetime after which an access token is replaced. */
const USED_UP = 0.8;
/** Marks that this browser may have the cookie of a session; has no other content. */
const MARK = 'vx11-session';
/** Code of the error that another session has taken the place of this one in the browser. */
export const REPLACED = 'session_replaced';
const LOCK = 'vx11-session-refresh';
const DENIED =
  'The browser denies this page cookies and storage, without which there is no session. Allow them for this site.';

/**
 * The access token. It lives in this variable and in no storage, URL, cookie or log. The
 * refresh token lives in a cookie that no script can read.
 */
let held: Held | undefined;
/** What the principal may do, as the server said last. */
export const scopes = signal<readonly string[]>([]);
let refreshing: Promise<SessionInfo> | undefined;
let life = new AbortController();

/** Whether a page of this browser was signed in, and has not signed out. */
export function mayResume(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    // The browser denies this page its storage; the sign-in says so.
    return false;
  }
}

/**
 * Aborted when this tab leaves the session. What was begun in it and is still under way must not
 * reach the next operator.
 */
export function lifetime(): AbortSignal {
  return life.signal;
}

/** The identity of the session, for sharing between tabs; undefined when signed out. */
export function identity(): string | undefined {
  return held?.identity;
}

/**
 * Begins a session. In turn with refreshes, so that the cookie is that of the last answer.
 * @param start sends POST /session with a credential
 * @throws ApiError
 */
export async function begin(start: (init: RequestInit) => Promise<Response>): Promise<SessionInfo> {
  return navigator.locks
    .request(LOCK, async () => {
      const response = await start({ method: 'POST', credentials: 'same-origin' });
      return hold(await jsonOf<SignedIn>(response));
    })
    .catch((error: unknown) => {
      throw error instanceof DOMException ? new ApiError(0, undefined, DENIED) : error;
    });
}

/**
 * Without HTTPS, and not on this machine, browsers keep no cookie of a session: then the
 * principal token itself is held, until the tab is reloaded.
 */
export function holdPrincipalToken(token: string, rights: readonly string[]): void {
  scopes.value = rights;
  held = { token, refreshAt: Infinity, identity: token };
}

/** The principal token, where it is held; undefined for a session and when signed out. */
export function heldPrincipalToken(): string | undefined {
  return held?.refreshAt === Infinity ? held.token : undefined;
}

/** @throws ApiError when the session has ended, or the server does not answer */
export async function accessToken(): Promise<string> {
  if (!held) throw signedOut();
  if (Date.now() >= held.refreshAt) await refresh();
  return held.token;
}

/** Whether the cookie may give a new access token. */
export function isRefreshable(): boolean {
  return held === undefined || held.refreshAt !== Infinity;
}

/**
 * A new access token by the cookie. A refresh token works once: tabs take turns, and the
 * request outlives its page, so that the browser stores the next cookie.
 * @throws ApiError
 */
export function refresh(): Promise<SessionInfo> {
  if (refreshing) return refreshing;
  const { signal } = life;
  const mine = navigator.locks
    .request(LOCK, async () => {
      const init = {
        method: 'POST',
        body: '{}',
        credentials: 'same-origin',
        keepalive: true,
        signal,
      } as const;
      const answer = await request('/session/refresh', undefined, init);
      const signedIn = await jsonOf<SignedIn>(answer);
      if (signal.aborted) throw signedOut();
      // The cookie is now that of somebody who signed in in another tab: what this tab shows, and
      // what its operator is about to do, is not theirs.
      if (held && held.identity !== signedIn.session.id) throw replaced(signedIn.session);
      return hold(signedIn);
    })
    .finally(() => {
      if (refreshing === mine) refreshing = undefined;
    });
  refreshing = mine;
  return mine;
}

/** Forgets the credential in this tab. @param isOver also in the next one */
export function forget(isOver: boolean): void {
  held = undefined;
  refreshing = undefined;
  life.abort();
  life = new AbortController();
  if (isOver && mayResume()) localStorage.removeItem(MARK);
}

/**
 * Ends the session on the server, with the cookie. A DELETE with a body is refused.
 * @param token of the session; with it, all sessions of the principal end
 * @throws ApiError
 */
export async function endSession(token?: Promise<string>): Promise<void> {
  if (!isRefreshable()) return;
  const init = { method: 'DELETE', credentials: 'same-origin', keepalive: true } as const;
  if (token) await request('/session/all', `Bearer ${await token}`, init);
  else await request('/session', undefined, init);
}

function signedOut(): ApiError {
  return new ApiError(401, 'auth_required', 'You are signed out.');
}

function replaced({ principal_id: id }: SessionInfo): ApiError {
  const words = `${id} signed in in another tab of this browser. Reload to go on as ${id}.`;
  return new ApiError(403, REPLACED, words);
}

function hold({ access_token: token, expires_in_sec: seconds, session }: SignedIn): SessionInfo {
  held = { token, refreshAt: Date.now() + seconds * 1000 * USED_UP, identity: session.id };
  scopes.value = session.scopes;
  try {
    localStorage.setItem(MARK, '1');
  } catch {
    // Full: after a reload the operator signs in again.
  }
  return session;
}
