import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { messageOf } from '../session/problem.js';
import { api } from '../session/session.js';
import { Dialog } from '../ui/dialog.js';
import { toast } from '../ui/toast.js';
import type { StreamRow } from './stream-row.js';

interface ActionProps {
  /** The list should be read again. */
  onDone: () => void;
  onClose: () => void;
}

export function EndDialog({ stream, ...rest }: ActionProps & { stream: StreamRow }) {
  return (
    <Confirm
      {...rest}
      title="End this stream?"
      action="End stream"
      done="The stream was ended"
      request={() => api(`/streams/${encodeURIComponent(stream.id)}`, { method: 'DELETE' })}
    >
      <p>
        The stream of <b>{stream.principal_id}</b> from {stream.address} ends with the word that an
        administrator ended it. Its client may open another one.
      </p>
    </Confirm>
  );
}

export function RevokeDialog({ principal, ...rest }: ActionProps & { principal: string }) {
  return (
    <Confirm
      {...rest}
      title={`Revoke ${principal}?`}
      action="Revoke principal"
      done={`${principal} is revoked`}
      request={() => api(`/principals/${encodeURIComponent(principal)}/revoke`, { method: 'POST' })}
    >
      <p>
        Its tokens die and its streams end on every instance within a second, and it is refused from
        now on. If you are signed in as <b>{principal}</b>, you are signed out too.
      </p>
    </Confirm>
  );
}

interface ConfirmProps extends ActionProps {
  title: string;
  /** The button that does it. */
  action: string;
  done: string;
  request: () => Promise<Response>;
  children: ComponentChildren;
}

function Confirm({ title, action, done, request, onDone, onClose, children }: ConfirmProps) {
  const error = useSignal('');
  const isBusy = useSignal(false);
  const confirm = async (): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    error.value = '';
    try {
      await request();
      toast(done);
      onDone();
      onClose();
    } catch (cause) {
      error.value = messageOf(cause);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <p class="fault" role="alert">
        {error.value}
      </p>
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" onClick={() => void confirm()}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
