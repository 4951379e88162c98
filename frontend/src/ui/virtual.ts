import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

export interface VirtualOptions {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly count: number;
  /** Height of each row, pixels. */
  readonly rowHeight: number;
}

export interface VirtualWindow {
  readonly items: VirtualItem[];
  /** Pixels above the first of the items. */
  readonly offset: number;
  /** Pixels of all rows. */
  readonly height: number;
  readonly scrollToIndex: (index: number) => void;
}

/** The rows that are in sight: TanStack's virtualizer, bound to Preact's life cycle. */
export function useVirtual({ scroller, count, rowHeight }: VirtualOptions): VirtualWindow {
  const [, rerender] = useReducer((turn: number) => turn + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => rerender(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => virtualizer.measure(), [rowHeight]);

  const items = virtualizer.getVirtualItems();
  return {
    items,
    offset: items[0]?.start ?? 0,
    height: virtualizer.getTotalSize(),
    scrollToIndex: (index) => virtualizer.scrollToIndex(index),
  };
}
