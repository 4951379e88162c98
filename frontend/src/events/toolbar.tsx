import type { Severity } from '@vx11/events-client';
import { count } from '../ui/format.js';
import { PauseIcon, PlayIcon } from '../ui/icons.js';
import { logCount } from './counts/counts-state.js';
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

/** Filters by one severity; shows its count in the log or, if unknown, in the list. */
function SeverityButton({ severity }: { severity: Severity }) {
  const known = logCount.value;
  const isChosen = filter.value.severities.includes(severity);
  // With a filter by severity, the counts of the other severities are unknown.
  const isUnknown = filter.value.severities.length > 0 && !isChosen;
  const [number, where] =
    known.status === 'unknown'
      ? [severityCounts.value[severity], 'list']
      : [known.counts.severity[severity], 'log'];
  return (
    <button
      type="button"
      class={`severity ${severity}`}
      aria-pressed={isChosen}
      title={isUnknown ? undefined : `${count(number)} in the ${where}`}
      onClick={() => setFilter(toggleSeverity(filter.value, severity))}
    >
      {severity}
      <span class="severity-count" aria-hidden="true">
        {isUnknown ? '' : short(number)}
      </span>
    </button>
  );
}

function short(number: number): string {
  if (number < 1_000) return String(number);
  return number < 1_000_000 ? `${Math.floor(number / 1_000)}k` : `${Math.floor(number / 1e6)}M`;
}

export function toggleHold(): void {
  setHold(hold.value === undefined ? 'asked' : undefined);
}
