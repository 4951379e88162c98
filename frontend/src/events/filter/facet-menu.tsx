import { useSignal } from '@preact/signals';
import { count } from '../../ui/format.js';
import { ChevronIcon } from '../../ui/icons.js';
import { Menu } from '../../ui/menu.js';
import { FilterButtons } from './filter-buttons.js';
import { logCount } from '../counts/counts-state.js';
import { shown } from '../list/list-state.js';
import { filter } from '../settings.js';
import { Seen } from '../../ui/seen.js';

const MOST = 30;

/** The values of one field, the most frequent first; read when the menu opens, so that they do not move. */
export function FacetMenu({ field, label }: { field: 'module' | 'type'; label: string }) {
  const values = useSignal<Values>({ of: 'list', counts: [] });
  return (
    <Menu
      label={`Filter by ${field}`}
      text={
        <>
          {label}
          <ChevronIcon />
        </>
      }
      class="facet"
      onOpen={() => (values.value = frequent(field))}
    >
      <h2>
        {label} in the {values.value.of}
      </h2>
      {values.value.counts.length === 0 && <p class="muted">There are no events yet.</p>}
      <ul class="facet-values">
        {values.value.counts.map(([value, times]) => (
          <li key={value}>
            <span class="facet-value">
              <Seen text={value} />
            </span>
            <span class="facet-count">{count(times)}</span>
            <FilterButtons path={[field]} value={value} />
          </li>
        ))}
      </ul>
    </Menu>
  );
}

interface Values {
  readonly of: 'log' | 'list';
  readonly counts: readonly (readonly [value: string, count: number])[];
}

function frequent(field: 'module' | 'type'): Values {
  const known = logCount.peek();
  // A condition on the field leaves the server only the values that are chosen already.
  const isChosen = filter.peek().is.some(({ path }) => path.length === 1 && path[0] === field);
  if (known.status !== 'unknown' && !isChosen) {
    const counts = known.counts[field].map(({ value, count: times }) => [value, times] as const);
    return { of: 'log', counts: counts.slice(0, MOST) };
  }
  const counts = new Map<string, number>();
  for (const entry of shown.peek()) {
    if (entry.kind !== 'event') continue;
    const value = entry.event[field];
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return { of: 'list', counts: [...counts].toSorted((a, b) => b[1] - a[1]).slice(0, MOST) };
}
