import { CloseIcon } from '../../ui/icons.js';
import { isEmpty, NO_FILTER, pathLabel, withoutCondition, type Condition } from './filter.js';
import { filter, setFilter } from '../settings.js';
import { Scope } from './scope.js';
import { Seen } from '../../ui/seen.js';

/** How many events are shown, and the filter: each part with a button that removes it. */
export function Chips() {
  const { is, not } = filter.value;
  return (
    <div class="chips">
      <Scope />
      <ul aria-label="Filters">
        {is.map((one) => (
          <Chip key={`${pathLabel(one.path)}=${one.value}`} condition={one} wanted />
        ))}
        {not.map((one) => (
          <Chip key={`${pathLabel(one.path)}≠${one.value}`} condition={one} wanted={false} />
        ))}
      </ul>
      {!isEmpty(filter.value) && (
        <button
          type="button"
          class="link"
          onClick={() => {
            const { from, to, system } = filter.value;
            setFilter({ ...NO_FILTER, from, to, system });
          }}
        >
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
        {pathLabel(path)} {wanted ? 'is' : 'is not'}{' '}
        <b>
          <Seen text={value} />
        </b>
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
