import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * A table that scrolls sideways. A row that goes takes its focused button with it: then the table
 * has the focus, and not the top of the page.
 */
export function TableRegion({ label, children }: { label: string; children: ComponentChildren }) {
  const region = useRef<HTMLDivElement>(null);
  const focused = useRef<EventTarget | null>(null);
  useLayoutEffect(() => {
    const last = focused.current;
    if (!(last instanceof Element) || last.isConnected) return;
    focused.current = null;
    if (document.activeElement === document.body) region.current?.focus({ preventScroll: true });
  });
  return (
    <div
      ref={region}
      class="table-scroller"
      role="region"
      aria-label={label}
      tabIndex={0}
      onFocusIn={(event) => (focused.current = event.target)}
    >
      {children}
    </div>
  );
}
