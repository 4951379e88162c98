import type { Severity } from '@vx11/events-client';
import { count } from '../ui/format.js';
import { PauseIcon, PlayIcon } from '../ui/icons.js';
import { SEVERITIES } from './entry.js';
import { ExportMenu } from './export-menu.js';
import { FacetMenu } from './filter/facet-menu.js';
import { toggleSeverity } from './filter/filter.js';
import { hold, isHeld, setHold, severityCounts } from './list/list-state.js';
import { Search } from './filter/search.js';
import { RangeMenu } from './timeline/range-menu.js';
import { filter, setFilter } from './settings.js';
import { ViewMenu } from './view-menu.js';

export function Toolbar() {
  return (
    <div class="toolbar">
      <Search />
      <div class="severities" role="group" aria-label="Severities">
        {SEVERITIES.toReversed().map((severity) => (
          <SeverityButton key={severity} severity={severity} />
        ))}
      </div>
      <FacetMenu field="module" label="Module" />
      <FacetMenu field="type" label="Type" />
      <RangeMenu />
      <span class="spacer" />
      <button
        type="button"
        class={isHeld.value ? 'hold held' : 'hold'}
        title={isHeld.value ? 'Show new events again (Space)' : 'Stop the list from moving (Space)'}
        onClick={toggleHold}
      >
        {isHeld.value ? <PlayIcon /> : <PauseIcon />}
        {isHeld.value ? 'Resume' : 'Pause'}
      </button>
      <ViewMenu />
      <ExportMenu />
    </div>
  );
}

/** A severity to filter by, with how many events of it the list has. */
function SeverityButton({ severity }: { severity: Severity }) {
  const number = severityCounts.value[severity];
  return (
    <button
      type="button"
      class={`severity ${severity}`}
      aria-pressed={filter.value.severities.includes(severity)}
      title={`${count(number)} in the list`}
      onClick={() => setFilter(toggleSeverity(filter.value, severity))}
    >
      {severity}
      <span class="severity-count" aria-hidden="true">
        {number < 1_000 ? number : `${Math.floor(number / 1_000)}k`}
      </span>
    </button>
  );
}

export function toggleHold(): void {
  setHold(hold.value === undefined ? 'asked' : undefined);
}
