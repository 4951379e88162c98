import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { ThemeMenu } from '../app/theme-menu.js';
import { Mark } from '../ui/icons.js';
import { entry, goToIssuer, oidc } from './entry.js';
import { messageOf } from './problem.js';
import { session, signIn } from './session.js';

export function SignIn() {
  const field = useRef<HTMLInputElement>(null);
  const error = useSignal('');
  const isBusy = useSignal(false);
  const isVisible = useSignal(false);
  const state = session.value;
  const fault = error.value || entry.value.fault;
  const issuer = oidc.value;
  const why = state.status === 'out' ? state.why : undefined;

  // Before the first paint, so that typing or pasting at once reaches the field.
  useLayoutEffect(() => field.current?.focus(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const input = field.current;
    if (!input || isBusy.value) return;
    error.value = '';
    entry.value = { isBusy: false, fault: '' };
    isBusy.value = true;
    try {
      await signIn(input.value);
    } catch (cause) {
      error.value = messageOf(cause);
      input.focus();
      input.select();
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <main class="sign-in">
      <form class="sign-in-card" onSubmit={(event) => void submit(event)}>
        <h1>
          <Mark /> VX11 Operator
        </h1>
        {entry.value.isBusy && (
          <p class="notice" role="status">
            Signing in…
          </p>
        )}
        {why && !fault && (
          <p class="notice" role="status">
            {why}
          </p>
        )}
        {issuer && (
          <>
            <button type="button" class="primary" onClick={() => void goToIssuer(issuer)}>
              Sign in with {new URL(issuer.issuer).host}
            </button>
            <p class="muted">or with a principal token</p>
          </>
        )}
        {/* Password managers keep a password under a name. */}
        <input type="text" autocomplete="username" value="principal" hidden readOnly />
        <label for="principal-token">Principal token</label>
        <div class="field">
          <input
            ref={field}
            id="principal-token"
            {...(isVisible.value ? { type: 'text' } : { type: 'password' })}
            autocomplete="current-password"
            autocapitalize="off"
            spellcheck={false}
            required
            aria-invalid={fault !== ''}
            aria-describedby="sign-in-help sign-in-error"
          />
          <button
            type="button"
            class="quiet"
            aria-pressed={isVisible.value}
            onClick={() => (isVisible.value = !isVisible.value)}
          >
            Show
          </button>
        </div>
        <p id="sign-in-error" class="fault" role="alert">
          {fault}
        </p>
        <button type="submit" class={issuer ? '' : 'primary'} aria-disabled={isBusy.value}>
          {isBusy.value ? 'Signing in…' : 'Sign in'}
        </button>
        <p id="sign-in-help" class="muted">
          The token begins a session and is then forgotten. The session lasts over a reload and in
          other tabs, in a cookie that no script can read; signing out ends it. On a development
          machine <code>npm start</code> prints a link that signs you in.
        </p>
      </form>
      <ThemeMenu />
    </main>
  );
}
