import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { CloseIcon } from './icons.js';
import { Toast } from './toast.js';

interface DialogProps {
  title: string;
  onClose: () => void;
  /** It holds something that is shown once: only its buttons close it. */
  isFirm?: boolean;
  /** The answer to come holds something that is shown once: nothing closes it. */
  isBusy?: boolean;
  children: ComponentChildren;
}

/** The browser's own modal dialog: it holds the focus, and gives it back. */
export function Dialog({ title, onClose, isBusy = false, children, ...props }: DialogProps) {
  const isFirm = isBusy || props.isFirm === true;
  const dialog = useRef<HTMLDialogElement>(null);
  const isBackdropPressed = useRef(false);
  const id = useId();
  // Before the paint, so that the closed dialog is not visible for a moment.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // Only a dialog that is closed gives the focus back; its owner may just remove it.
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      closedby={isFirm ? 'none' : 'closerequest'}
      // Browsers that do not know `closedby`.
      onCancel={(event) => isFirm && event.preventDefault()}
      // The event comes later: a removed dialog must not end the one that follows it.
      onClose={() => dialog.current && onClose()}
      // On the backdrop: the dialog's own box is filled by its content.
      onPointerDown={(event) => (isBackdropPressed.current = event.target === event.currentTarget)}
      onClick={(event) => {
        // A selection of text that ends on the backdrop is a click there as well.
        const isOnBackdrop = event.target === event.currentTarget;
        if (isOnBackdrop && isBackdropPressed.current && !isFirm) event.currentTarget.close();
      }}
    >
      <div class="dialog-box">
        <header>
          <h2 id={id}>{title}</h2>
          <button
            type="button"
            class="quiet"
            aria-label="Close"
            aria-disabled={isBusy}
            onClick={() => !isBusy && dialog.current?.close()}
          >
            <CloseIcon />
          </button>
        </header>
        {children}
      </div>
      {/* The rest of the page is covered, and silent for screen readers. */}
      <Toast />
    </dialog>
  );
}
