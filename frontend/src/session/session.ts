import { computed, signal, type ReadonlySignal } from '@preact/signals';
import {
  accessToken,
  begin,
  endSession,
  forget,
  heldPrincipalToken,
  holdPrincipalToken,
  isRefreshable,
  lifetime,
  mayResume,
  refresh,
  REPLACED,
  scopes,
  type SessionInfo,
} from './credential.js';
import { whySignedOut } from './endings.js';
import { ApiError, messageOf } from './problem.js';
import { apiBase } from './public-base.js';
import { jsonOf, request } from './request.js';

export type Session =
  | {
      readonly status: 'in';
      /** Changes with each sign-in. */ readonly id: number;
      /** Absent where the browser keeps no session. */ readonly info?: SessionInfo;
    }
  /** The page has just been opened, and the browser may be signed in. */
  | { readonly status: 'resuming' }
  | {
      readonly status: 'out';
      /** Why, unless the operator signed out. */ readonly why?: string;
    };

export const session = signal<Session>({ status: 'out' });

/** Each of them opens some pages of the panel. */
const SCOPES = ['events:read', 'streams:admin', 'audit:read'] as const;
export type Scope = (typeof SCOPES)[number];

// One for each scope: what depends on one does not begin again when another one is taken away.
const allowed = Object.fromEntries(
  SCOPES.map((scope) => [
    scope,
    computed(() => session.value.status === 'in' && scopes.value.includes(scope)),
  ]),
) as Record<Scope, ReadonlySignal<boolean>>;

/**
 * Whether the principal has this scope. The panel sends no request that would be refused for
 * the lack of one: a hundred of them within ten minutes are reported as a suspicious pattern.
 */
export function may(scope: Scope): boolean {
  return allowed[scope].value;
}

const SIGNED_OUT = 'signed out';
const ASK = 'ask for the token';
/** Between two questions whether the session goes on, milliseconds. */
const AGAIN_MS = 3_000;
const AGAIN = 'The panel tries again every few seconds.';
/** Another tab that is signed in answers within this time, milliseconds. */
const ANSWER_MS = 300;

/**
 * The other tabs of this browser. They announce that the operator signed out. Where the browser
 * keeps no session, a new tab asks for the principal token, and a tab that holds it answers.
 */
const tabs = new BroadcastChannel('vx11-session');
tabs.onmessage = ({ data }: MessageEvent<string | { readonly token: string }>) => {
  if (data === SIGNED_OUT) return leave('You signed out in another tab.');
  const token = heldPrincipalToken();
  if (data === ASK && token !== undefined) tabs.postMessage({ token });
};

let signIns = 0;

/**
 * Signs in with a principal token.
 * @throws ApiError when the token is refused or the server does not answer
 */
export async function signIn(input: string): Promise<void> {
  const token = input.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ApiError(0, 'malformed', 'A token contains no spaces and no special characters.');
  }
  const authorization = `Bearer ${token}`;
  const answer = await request('/session', authorization);
  const { scopes: rights } = await jsonOf<Pick<SessionInfo, 'scopes'>>(answer);
  if (!SCOPES.some((scope) => rights.includes(scope))) {
    const words = `The panel shows nothing to this principal: it has none of the scopes ${SCOPES.join(', ')}.`;
    throw new ApiError(403, 'insufficient_scope', words);
  }
  if (globalThis.isSecureContext) {
    enter(await begin((init) => request('/session', authorization, init)));
  } else {
    holdPrincipalToken(token, rights);
    enter();
  }
}

/**
 * The principal token for a one-time code.
 * @throws ApiError when the code is refused
 */
export async function redeemCode(code: string): Promise<string> {
  const body = JSON.stringify({ code });
  const response = await request('/sign-in-codes/redeem', undefined, { method: 'POST', body });
  return (await jsonOf<{ token: string }>(response)).token;
}

/** Signs in with what the issuer gave. @param start sends POST /session with it */
export async function signInWith(start: (init: RequestInit) => Promise<Response>): Promise<void> {
  enter(await begin(start));
}

/** The principal token of another tab; undefined where none answers. */
function askOtherTabs(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const take = ({ data }: MessageEvent<string | { readonly token: string }>): void => {
      if (typeof data === 'object') resolve(data.token);
    };
    tabs.addEventListener('message', take);
    setTimeout(() => {
      tabs.removeEventListener('message', take);
      resolve(undefined);
    }, ANSWER_MS);
    tabs.postMessage(ASK);
  });
}

/** Without HTTPS there is no session to go on with: another tab may be signed in. */
async function joinOtherTab(): Promise<void> {
  session.value = { status: 'resuming' };
  const token = await askOtherTabs();
  if (token === undefined) {
    session.value = { status: 'out' };
    return;
  }
  await signIn(token).catch((error: unknown) => {
    session.value = { status: 'out', why: messageOf(error) };
  });
}

/**
 * Goes on with the session of this browser, after a reload or in a new tab. Where the server
 * cannot say whether it has ended, asks again until it can, or somebody signs in.
 */
export async function resume(): Promise<void> {
  if (!globalThis.isSecureContext) return joinOtherTab();
  if (!mayResume()) return;
  let mine: Session = { status: 'resuming' };
  session.value = mine;
  while (session.value === mine && mayResume()) {
    try {
      const info = await refresh();
      if (session.value === mine) enter(info);
      return;
    } catch (error) {
      if (session.value !== mine) return;
      const isOver = error instanceof ApiError && whyRefused(error) !== undefined;
      if (isOver) forget(true);
      mine = isOver ? { status: 'out' } : { status: 'out', why: `${messageOf(error)} ${AGAIN}` };
      session.value = mine;
    }
    await pause();
  }
}

/** Until the server is asked again. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
}

/** Ends the session in every tab of this browser. */
export async function signOut(where: 'here' | 'everywhere' = 'here'): Promise<void> {
  // Before the tab leaves the session: a token that is used up is replaced in it.
  const token = where === 'everywhere' ? accessToken() : undefined;
  await token?.catch(() => undefined);
  const ended = endSession(token);
  tabs.postMessage(SIGNED_OUT);
  leave();
  const { value: left } = session;
  await ended.catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    // It had ended before, or somebody has signed in meanwhile.
    if (whyRefused(error) !== undefined || session.value !== left) return;
    const why = `You are signed out here, but the server did not end the session. ${error.message}`;
    session.value = { status: 'out', why };
  });
}

/**
 * Ends the session in this tab, because the server no longer accepts the credential.
 * @param isOver false where the browser has another session now
 */
export function leave(why?: string, isOver = true): void {
  if (session.value.status === 'out') return;
  forget(isOver);
  session.value = why === undefined ? { status: 'out' } : { status: 'out', why };
}

/**
 * The server ended the stream for this reason. Either the principal or only this session has
 * ended: the server's answer decides.
 * @returns whether the session goes on after all
 * @throws ApiError when the server cannot say now
 */
export async function confirmEnd(why: string): Promise<boolean> {
  if (session.value.status !== 'in') return false;
  let refused: string | undefined = why;
  let isOver = true;
  try {
    if (isRefreshable()) {
      await refresh();
      return true;
    }
  } catch (error) {
    refused = error instanceof ApiError ? whyRefused(error) : undefined;
    if (refused === undefined) throw error;
    isOver = (error as ApiError).code !== REPLACED;
  }
  leave(refused, isOver);
  return false;
}

/**
 * A request as the principal, below `/operator/api`.
 * @throws ApiError; a session that has ended also ends here
 */
export async function api(path: string, init: RequestInit = {}): Promise<Response> {
  const { value: before } = session;
  const life = lifetime();
  const signal = init.signal ? AbortSignal.any([init.signal, life]) : life;
  const send = async () => request(path, `Bearer ${await accessToken()}`, { ...init, signal });
  try {
    return await send();
  } catch (error) {
    // A right was taken away since the sign-in: the new tokens come with what is left.
    const isNarrowed = error instanceof ApiError && error.code === 'insufficient_scope';
    if (isNarrowed && isRefreshable() && before === session.value)
      await refresh().catch(() => undefined);
    const why = error instanceof ApiError ? whyRefused(error) : undefined;
    // Another operator may have signed in meanwhile.
    if (why === undefined || before !== session.value || !(await confirmEnd(why))) throw error;
  }
  return send();
}

function enter(info?: SessionInfo): void {
  signIns += 1;
  session.value = { status: 'in', id: signIns, ...(info && { info }) };
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
    // No answer in time, or not from the backend.
    return false;
  }
}
