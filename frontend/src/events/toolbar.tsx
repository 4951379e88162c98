import { PauseIcon, PlayIcon } from '../ui/icons.js';
import { SEVERITIES } from './entry.js';
import { ExportMenu } from './export-menu.js';
import { FacetMenu } from './facet-menu.js';
import { toggleSeverity } from './filter.js';
import { hold, isHeld, setHold } from './list-state.js';
import { Search } from './search.js';
import { filter, setFilter } from './settings.js';
import { ViewMenu } from './view-menu.js';

export function Toolbar() {
  return (
    <div class="toolbar">
      <Search />
      <div class="severities" role="group" aria-label="Severities">
        {SEVERITIES.toReversed().map((severity) => (
          <button
            key={severity}
            type="button"
            class={`severity ${severity}`}
            aria-pressed={filter.value.severities.includes(severity)}
            onClick={() => setFilter(toggleSeverity(filter.value, severity))}
          >
            {severity}
          </button>
        ))}
      </div>
      <FacetMenu field="module" label="Module" />
      <FacetMenu field="type" label="Type" />
      <span class="spacer" />
      <button
        type="button"
        class={isHeld.value ? 'hold held' : 'hold'}
        title={isHeld.value ? 'Show new events again (Space)' : 'Hold the list still (Space)'}
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

export function toggleHold(): void {
  setHold(hold.value === undefined ? 'asked' : undefined);
}
