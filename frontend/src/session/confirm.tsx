import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Dialog } from '../ui/dialog.js';
import { toast } from '../ui/toast.js';
import { ApiError, messageOf } from './problem.js';

/** The server's `code` where a principal is the last one that may administrate; also what confirms it. */
export const LAST = 'last_administrator';
const LAST_WORDS =
  'Nobody else may restore this principal. Afterwards only a changed configuration lets an administrator in again.';

export interface ActionProps {
  /** The list must be loaded again. */
  onDone: () => void;
  onClose: () => void;
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
  /** The label of the button for the second confirmation, when no administrator would be left. */
  insist?: string;
  children: ComponentChildren;
}

/** Asks for a confirmation of a destructive action, and shows the server's error, if any. */
export function Confirm(props: ConfirmProps) {
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
      isInsisting.value = insist !== undefined && cause instanceof ApiError && cause.code === LAST;
      error.value = isInsisting.value ? LAST_WORDS : messageOf(cause);
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
            autofocus
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
          {isInsisting.value && insist ? insist : action}
        </button>
      </div>
    </Dialog>
  );
}
