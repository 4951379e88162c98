import { signal } from '@preact/signals';

const SHOWN_MS = 2_500;

const text = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** A short word at the edge of the screen, read out by screen readers. */
export function toast(message: string): void {
  text.value = message;
  clearTimeout(timer);
  timer = setTimeout(() => (text.value = ''), SHOWN_MS);
}

export function Toast() {
  return (
    <div class="toast" role="status" data-shown={text.value !== ''}>
      {text.value}
    </div>
  );
}
