import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { ApiError, messageOf } from '../session/problem.js';
import { api } from '../session/session.js';
import { Dialog } from '../ui/dialog.js';
import { toast } from '../ui/toast.js';
import type { StreamRow } from './stream-row.js';

/** The server's `code` where a principal is the last one that may administrate; also what confirms it. */
const LAST = 'last_administrator';

interface ActionProps {
  /** The list must be loaded again. */
  onDone: () => void;
  onClose: () => void;
}

export function EndDialog({
  stream,
  isOwn,
  ...rest
}: ActionProps & { stream: StreamRow; isOwn: boolean }) {
  return (
    <Confirm
      {...rest}
      title={isOwn ? 'End your own stream?' : 'End this stream?'}
      typed={isOwn ? stream.principal_id : undefined}
      action="End stream"
      done="The stream was ended"
      request={() => api(`/streams/${encodeURIComponent(stream.id)}`, { method: 'DELETE' })}
    >
      <p>
        The stream of <b>{stream.principal_id}</b> from {stream.address} ends, and its client is
        told that an administrator ended it. The client may open another one.
        {isOwn && ' This is your own stream: the panel stops receiving events.'}
      </p>
    </Confirm>
  );
}

export function RevokeDialog({
  principal,
  isOwn,
  ...rest
}: ActionProps & { principal: string; isOwn: boolean }) {
  return (
    <Confirm
      {...rest}
      title={`Revoke ${principal}?`}
      typed={isOwn ? principal : undefined}
      action="Revoke principal"
      done={`${principal} is revoked`}
      request={(isInsisting) =>
        api(
          `/principals/${encodeURIComponent(principal)}/revoke${isInsisting ? `?confirm=${LAST}` : ''}`,
          { method: 'POST' },
        )
      }
      insist={{
        code: LAST,
        words:
          'Nobody else may restore this principal. Afterwards only a changed configuration lets an administrator in again.',
        action: 'Revoke the last administrator',
      }}
    >
      <p>
        Its tokens stop working and its streams close within a second, on every instance. From then
        on it is refused.
        {isOwn
          ? ' You are signed in as this principal: you will be signed out.'
          : ' If you are signed in as this principal, you are signed out too.'}
      </p>
    </Confirm>
  );
}

interface ConfirmProps extends ActionProps {
  title: string;
  /** What the operator has to type first; for actions against oneself. */
  typed?: string | undefined;
  /** The label of the button. */
  action: string;
  done: string;
  /** @param isInsisting the operator has confirmed a second time */
  request: (isInsisting: boolean) => Promise<Response>;
  /** What the server refuses with this code until it is confirmed a second time. */
  insist?: { code: string; words: string; action: string };
  children: ComponentChildren;
}

function Confirm(props: ConfirmProps) {
  const { title, typed, action, done, request, insist, onDone, onClose, children } = props;
  const input = useSignal('');
  const isReady = typed === undefined || input.value.trim() === typed;
  const error = useSignal('');
  const isInsisting = useSignal(false);
  const isBusy = useSignal(false);
  const confirm = async (): Promise<void> => {
    if (isBusy.value || !isReady) return;
    isBusy.value = true;
    error.value = '';
    try {
      await request(isInsisting.value);
      toast(done);
      onDone();
      onClose();
    } catch (cause) {
      isInsisting.value =
        insist !== undefined && cause instanceof ApiError && cause.code === insist.code;
      error.value = isInsisting.value && insist ? insist.words : messageOf(cause);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {typed !== undefined && (
        <label class="typed">
          <span>
            Type <b>{typed}</b> to confirm
          </span>
          <input
            type="text"
            autocomplete="off"
            value={input.value}
            onInput={(event) => (input.value = event.currentTarget.value)}
          />
        </label>
      )}
      <p class="fault" role="alert">
        {error.value}
      </p>
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={!isReady} onClick={() => void confirm()}>
          {isInsisting.value && insist ? insist.action : action}
        </button>
      </div>
    </Dialog>
  );
}
