import { useSignal } from '@preact/signals';
import { count } from '../../ui/format.js';
import { ChevronIcon } from '../../ui/icons.js';
import { Menu } from '../../ui/menu.js';
import { FilterButtons } from './filter-buttons.js';
import { shown } from '../list/list-state.js';

const MOST = 30;

/** The values of one field in the list, the most frequent first; counted when it opens. */
export function FacetMenu({ field, label }: { field: 'module' | 'type'; label: string }) {
  const values = useSignal<readonly (readonly [value: string, count: number])[]>([]);
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
      <h2>{label} in the list</h2>
      {values.value.length === 0 && <p class="muted">There are no events yet.</p>}
      <ul class="facet-values">
        {values.value.map(([value, times]) => (
          <li key={value}>
            <span class="facet-value">{value}</span>
            <span class="facet-count">{count(times)}</span>
            <FilterButtons path={[field]} value={value} />
          </li>
        ))}
      </ul>
    </Menu>
  );
}

function frequent(field: 'module' | 'type'): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const entry of shown.peek()) {
    if (entry.kind !== 'event') continue;
    const value = entry.event[field];
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].toSorted((a, b) => b[1] - a[1]).slice(0, MOST);
}
