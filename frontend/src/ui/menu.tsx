import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

interface MenuProps {
  /** The button's name. */
  label: string;
  icon?: ComponentChildren;
  /** Shown on the button; without it the icon stands alone. */
  text?: ComponentChildren;
  class?: string;
  onOpen?: () => void;
  children: ComponentChildren;
}

/** A button with a panel below it: the browser's own popover, so Escape and a click outside close it. */
export function Menu({ label, icon, text, class: name = '', onOpen, children }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`menu-button ${name}`}
        popovertarget={id}
        aria-label={text === undefined ? label : undefined}
        title={label}
      >
        {icon}
        {text}
      </button>
      <div
        id={id}
        popover="auto"
        class="menu"
        role="group"
        aria-label={label}
        onBeforeToggle={(event) => {
          if (event.newState !== 'open') return;
          onOpen?.();
          place(event.currentTarget, button.current);
        }}
      >
        {children}
      </div>
    </>
  );
}

/** Below its button, and inside the window. */
function place(panel: HTMLElement, button: HTMLElement | null): void {
  if (!button) return;
  const { bottom, left, right } = button.getBoundingClientRect();
  const fromRight = left > window.innerWidth / 2;
  panel.style.top = `${bottom + 4}px`;
  panel.style.left = fromRight ? 'auto' : `${Math.max(8, left)}px`;
  panel.style.right = fromRight
    ? `${Math.max(8, document.documentElement.clientWidth - right)}px`
    : 'auto';
}
