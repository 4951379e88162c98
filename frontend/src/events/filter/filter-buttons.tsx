import { copy } from '../../ui/copy.js';
import { CopyIcon, MinusIcon, PlusIcon } from '../../ui/icons.js';
import { pathLabel, withCondition } from './filter.js';
import { filter, setFilter } from '../settings.js';

/** Actions for any value: include, exclude, copy. */
export function FilterButtons({ path, value }: { path: readonly string[]; value: string }) {
  const what = `${pathLabel(path)} is ${value.slice(0, 80)}`;
  return (
    <span class="value-actions">
      <button
        type="button"
        aria-label={`Only events where ${what}`}
        title="Only this value"
        onClick={() => setFilter(withCondition(filter.value, { path, value }, true))}
      >
        <PlusIcon />
      </button>
      <button
        type="button"
        aria-label={`No events where ${what}`}
        title="Without this value"
        onClick={() => setFilter(withCondition(filter.value, { path, value }, false))}
      >
        <MinusIcon />
      </button>
      <button
        type="button"
        aria-label={`Copy the value of ${pathLabel(path)}`}
        title="Copy"
        onClick={() => void copy(value, 'Value')}
      >
        <CopyIcon />
      </button>
    </span>
  );
}
