import { signal } from '@preact/signals';
import type { OidcConfig } from './oidc.js';
import { messageOf } from './problem.js';
import { jsonOf, request } from './request.js';
import { redeemCode, resume, session, signIn } from './session.js';

/** What the sign-in page says while, or because, somebody comes from the issuer or by a link. */
export const entry = signal<{ readonly isBusy: boolean; readonly fault: string }>({
  isBusy: false,
  fault: '',
});

/** How the issuer's sign-in works; undefined where there is none, or until it is known. */
export const oidc = signal<OidcConfig | undefined>(undefined);

/** The parameters of the issuer's answer. They leave the address before anything else runs. */
function takeAnswer(): URLSearchParams | undefined {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('state') || !(answer.has('code') || answer.has('error'))) return undefined;
  history.replaceState(null, '', location.pathname + location.hash);
  return answer;
}

async function findIssuer(): Promise<OidcConfig | undefined> {
  const response = await request('/session/config', undefined);
  const { oidc: config } = await jsonOf<{ oidc: OidcConfig | null }>(response);
  oidc.value = config ?? undefined;
  return oidc.value;
}

/** `#code=…`: the link that `npm start` prints. It leaves the address before anything else runs. */
function takeCode(): string | undefined {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, '', location.pathname);
  return code;
}

/** Signs in where nobody has to type: by a one-time link, the session of this browser, or from the issuer. */
export async function enter(): Promise<void> {
  const code = takeCode();
  if (code !== undefined) await attempt(async () => signIn(await redeemCode(code)));
  if (session.value.status === 'in') return;
  const answer = takeAnswer();
  if (answer === undefined) {
    await Promise.all([resume(), findIssuer().catch(() => undefined)]);
    return;
  }
  await attempt(async () => {
    const config = await findIssuer();
    if (!config) return;
    // A part of the panel that most pages never need.
    const { comeBack } = await import('./oidc.js');
    await comeBack(config, answer);
  });
}

/** Leaves for the issuer's page. */
export async function goToIssuer(config: OidcConfig): Promise<void> {
  await attempt(async () => {
    const issuer = await import('./oidc.js');
    await issuer.goToIssuer(config);
  });
}

async function attempt(work: () => Promise<void>): Promise<void> {
  entry.value = { isBusy: true, fault: '' };
  const fault = await work().then(() => '', messageOf);
  entry.value = { isBusy: false, fault };
}
