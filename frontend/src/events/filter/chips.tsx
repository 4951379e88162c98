import { count } from '../../ui/format.js';
import { CloseIcon } from '../../ui/icons.js';
import { isEmpty, NO_FILTER, pathLabel, withoutCondition, type Condition } from './filter.js';
import { eventCount, isHeld, total } from '../list/list-state.js';
import { filter, setFilter } from '../settings.js';

/** What is filtered, each part with a way to take it off, and how much is left. */
export function Chips() {
  const { is, not } = filter.value;
  return (
    <div class="chips">
      <span class="shown-count">
        Showing {!isHeld.value && eventCount.value < total.value && 'the last '}
        <b>{count(eventCount.value)}</b> of {count(total.value)}
        {isHeld.value && ', paused'}
      </span>
      <ul aria-label="Filters">
        {is.map((one) => (
          <Chip key={`${pathLabel(one.path)}=${one.value}`} condition={one} wanted />
        ))}
        {not.map((one) => (
          <Chip key={`${pathLabel(one.path)}≠${one.value}`} condition={one} wanted={false} />
        ))}
      </ul>
      {!isEmpty(filter.value) && (
        <button type="button" class="link" onClick={() => setFilter(NO_FILTER)}>
          Clear filters
        </button>
      )}
    </div>
  );
}

function Chip({ condition, wanted }: { condition: Condition; wanted: boolean }) {
  const { path, value } = condition;
  return (
    <li class={wanted ? 'chip' : 'chip not'}>
      <span>
        {pathLabel(path)} {wanted ? 'is' : 'is not'} <b>{value}</b>
      </span>
      <button
        type="button"
        aria-label={`Remove the filter: ${pathLabel(path)} ${wanted ? 'is' : 'is not'} ${value}`}
        onClick={() => setFilter(withoutCondition(filter.value, condition))}
      >
        <CloseIcon />
      </button>
    </li>
  );
}
