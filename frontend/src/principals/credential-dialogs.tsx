import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { ActionProps } from '../session/confirm.js';
import { ApiError, messageOf } from '../session/problem.js';
import { jsonOf } from '../session/request.js';
import { api } from '../session/session.js';
import { Dialog } from '../ui/dialog.js';
import { showOnce } from '../ui/shown-once.js';
import { pathOf, SCOPES } from './principal-row.js';

const GRACES = [
  [0, 'not at all'],
  [3600, 'for an hour'],
  [86_400, 'for a day'],
  [604_800, 'for a week'],
] as const;

export function CreateDialog(props: ActionProps) {
  return (
    <MakeToken
      {...props}
      title="New principal"
      action="Create"
      request={(form) => {
        const body = {
          id: text(form, 'id'),
          scopes: form.getAll('scope'),
          ...(text(form, 'modules') && { filter: { module: words(text(form, 'modules')) } }),
          ...(text(form, 'comment') && { comment: text(form, 'comment') }),
          ...(text(form, 'expires') && {
            expires_at: new Date(text(form, 'expires')).toISOString(),
          }),
        };
        return api('/principals', { method: 'POST', body: JSON.stringify(body) });
      }}
    >
      <label>
        Id
        <input name="id" autofocus required pattern="[A-Za-z0-9._@\-]{1,64}" autocomplete="off" />
      </label>
      <fieldset>
        <legend>Scopes</legend>
        {SCOPES.map((scope) => (
          <label key={scope} class="choice">
            <input
              type="checkbox"
              name="scope"
              value={scope}
              defaultChecked={scope === 'events:read'}
            />
            {scope}
          </label>
        ))}
      </fieldset>
      <label>
        Modules it may read and publish, separated by commas (empty: all)
        <input name="modules" autocomplete="off" />
      </label>
      <label>
        Expires, local time (empty: never)
        <input name="expires" type="datetime-local" />
      </label>
      <label>
        Comment
        <input name="comment" maxLength={256} autocomplete="off" />
      </label>
    </MakeToken>
  );
}

export function RotateDialog({ id, ...props }: ActionProps & { id: string }) {
  return (
    <MakeToken
      {...props}
      title={`New token for ${id}`}
      action="Make a token"
      request={(form) =>
        api(pathOf(id, '/rotate'), {
          method: 'POST',
          body: JSON.stringify({ grace_sec: Number(text(form, 'grace')) }),
        })
      }
    >
      <label>
        The present token stays valid
        <select name="grace">
          {GRACES.map(([seconds, label]) => (
            <option key={seconds} value={seconds} selected={seconds === 3600}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </MakeToken>
  );
}

interface MakeTokenProps extends ActionProps {
  title: string;
  /** The label of the button. */
  action: string;
  request: (form: FormData) => Promise<Response>;
  children: ComponentChildren;
}

/** The answer that was to bring the token is lost. */
const LOST =
  'The token may have been made, and nobody can read it: look at the list, and make another one.';

/** A form whose answer holds a token, which is shown once. */
function MakeToken({ title, action, request, onDone, onClose, children }: MakeTokenProps) {
  const error = useSignal('');
  const isBusy = useSignal(false);
  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    error.value = '';
    try {
      const { token } = await jsonOf<{ token: string }>(
        await request(new FormData(event.currentTarget)),
      );
      showOnce(title, token);
      onDone();
      onClose();
    } catch (cause) {
      const isLost = cause instanceof ApiError && cause.status === 0;
      error.value = isLost ? `${messageOf(cause)} ${LOST}` : messageOf(cause);
      if (isLost) onDone();
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={title} onClose={onClose} isBusy={isBusy.value}>
      <form class="principal-form" onSubmit={(event) => void submit(event)}>
        {children}
        <p class="fault" role="alert">
          {error.value}
        </p>
        <div class="dialog-actions">
          <button
            type="button"
            aria-disabled={isBusy.value}
            onClick={() => isBusy.value || onClose()}
          >
            Cancel
          </button>
          <button type="submit" class="primary" aria-disabled={isBusy.value}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

function words(list: string): string[] {
  return list
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}
