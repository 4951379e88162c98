import { signal } from '@preact/signals';
import { whySignedOut } from './endings.js';
import { ApiError, problemOf } from './problem.js';
import { apiBase } from './public-base.js';

/**
 * The principal token. It lives in this variable and in no storage, URL, cookie
 * or log; closing or reloading the tab forgets it.
 */
let principal: string | undefined;

export type Session =
  | { readonly status: 'in'; /** Changes with each sign-in. */ readonly id: number }
  | {
      readonly status: 'out';
      /** Why, when it was not the operator's wish. */ readonly why?: string;
    };

export const session = signal<Session>({ status: 'out' });

/** Announces to the other tabs of this browser that the operator signed out; carries no token. */
const tabs = new BroadcastChannel('vx11-session');
tabs.onmessage = () => leave('You signed out in another tab.');

let signIns = 0;

/** For the client library, which calls it for each 60-second token. */
export function principalToken(): string {
  return principal ?? '';
}

/** @throws ApiError when the token is refused or the server does not answer */
export async function signIn(input: string): Promise<void> {
  const token = input.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ApiError(0, 'malformed', 'A token contains no spaces and no special characters.');
  }
  // The cheapest request that needs the right to read events.
  await request('/events?limit=1', token);
  principal = token;
  signIns += 1;
  session.value = { status: 'in', id: signIns };
}

/** Ends the session in every tab of this browser. */
export function signOut(): void {
  tabs.postMessage('signed out');
  leave();
}

/** Ends it in this tab, because the server no longer accepts the token. */
export function leave(why?: string): void {
  if (session.value.status === 'out') return;
  principal = undefined;
  session.value = why === undefined ? { status: 'out' } : { status: 'out', why };
}

/**
 * A request as the principal, below `/operator/api`.
 * @throws ApiError; a token that is no longer valid also ends the session
 */
export async function api(path: string, init: RequestInit = {}): Promise<Response> {
  const token = principalToken();
  try {
    return await request(path, token, init);
  } catch (error) {
    const why = error instanceof ApiError ? whyRefused(error) : undefined;
    if (why !== undefined && token === principal) leave(why);
    throw error;
  }
}

function whyRefused({ status, code, message }: ApiError): string | undefined {
  // A 401 without our problem details comes from a proxy.
  return whySignedOut({ code: status === 401 ? 'auth_required' : code, detail: message });
}

/** Whether the backend answers within `ms`, whatever it says about its health. */
export async function fetchHealth(ms: number): Promise<boolean> {
  try {
    const response = await fetch(`${apiBase}/health`, {
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(ms),
    });
    // A gateway that cannot reach the backend answers as well, with a problem of its own.
    return response.ok || 'service' in Object(await response.json());
  } catch {
    // No answer in time, or none of the backend.
    return false;
  }
}

/** A request that is not answered by then is given up, milliseconds. */
const PATIENCE_MS = 30_000;

async function request(path: string, token: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${apiBase}${path}`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...init,
    headers: { authorization: `Bearer ${token}` },
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  }).catch((error: unknown) => {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const what = isLate ? 'The server did not answer in time.' : 'The server cannot be reached.';
    throw new ApiError(0, undefined, what);
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}
