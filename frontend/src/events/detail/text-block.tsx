import { signal } from '@preact/signals';
import { copy } from '../../ui/copy.js';
import { Linked } from './linked.js';

/** Whether long lines wrap; the same for every block. */
const wraps = signal(true);

/** Text of several lines, such as a stack trace. */
export function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.includes('\n');
}

/** Text with its line breaks. */
export function TextBlock({ text, name }: { text: string; name: string }) {
  return (
    <div class="text-block">
      <div class="actions">
        <label class="check">
          <input
            type="checkbox"
            checked={wraps.value}
            onChange={(event) => (wraps.value = event.currentTarget.checked)}
          />
          Wrap
        </label>
        <button type="button" aria-label={`Copy ${name}`} onClick={() => void copy(text, 'Text')}>
          Copy
        </button>
      </div>
      <pre data-wraps={wraps.value} tabIndex={0} aria-label={name}>
        <Linked text={text} />
      </pre>
    </div>
  );
}
