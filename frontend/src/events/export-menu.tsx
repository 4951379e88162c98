import { count } from '../ui/format.js';
import { ChevronIcon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { download, toCsv, toNdjson } from './export.js';
import { eventCount, shown } from './list/list-state.js';

export function ExportMenu() {
  const name = (ending: string) =>
    `vx11-events-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${ending}`;
  return (
    <Menu
      label="Export"
      text={
        <>
          Export
          <ChevronIcon />
        </>
      }
    >
      <p class="muted">The {count(eventCount.value)} events in the list, as filtered.</p>
      <button
        type="button"
        onClick={() => download(toNdjson(shown.value), 'application/x-ndjson', name('ndjson'))}
      >
        NDJSON, one event a line
      </button>
      <button type="button" onClick={() => download(toCsv(shown.value), 'text/csv', name('csv'))}>
        CSV, for a spreadsheet
      </button>
    </Menu>
  );
}
