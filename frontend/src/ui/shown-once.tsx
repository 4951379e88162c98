import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { copy } from './copy.js';
import { Dialog } from './dialog.js';

const shown = signal<{ readonly title: string; readonly token: string } | undefined>(undefined);

/** Shows a new token, which nobody can read again, until the operator says that it is taken. */
export function showOnce(title: string, token: string): void {
  // After the form has closed: a dialog gives the focus back to where it was when it opened.
  setTimeout(() => (shown.value = { title, token }));
}

/** Above all pages: the browser's Back leaves the page, and not the token. It ends with the session. */
export function ShownOnce() {
  useEffect(() => () => void (shown.value = undefined), []);
  return shown.value && <TokenDialog {...shown.value} />;
}

function TokenDialog({ title, token }: { title: string; token: string }) {
  const close = () => (shown.value = undefined);
  useEffect(() => {
    // The browser asks before a reload or a link takes the token away.
    addEventListener('beforeunload', stay);
    return () => removeEventListener('beforeunload', stay);
  }, []);
  return (
    <Dialog title={title} onClose={close} isFirm>
      <p>The token is shown once. Give it to its holder; nobody can read it again.</p>
      <p>
        <code class="new-token">{token}</code>
      </p>
      <div class="dialog-actions">
        <button type="button" autofocus onClick={() => void copy(token, 'Token')}>
          Copy
        </button>
        <button type="button" class="primary" onClick={close}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

function stay(event: Event): void {
  event.preventDefault();
}
