import { useLayoutEffect } from 'preact/hooks';
import { addShortcuts } from '../app/shortcuts.js';
import { Chips } from './filter/chips.js';
import { Detail } from './detail/detail.js';
import { EventList } from './list/list.js';
import { activate, closeDetails, move } from './list/selection.js';
import { openEvent, openTrace } from './settings.js';
import { Histogram } from './timeline/histogram.js';
import { TraceView } from './trace/trace-view.js';
import { Toolbar, toggleHold } from './toolbar.js';

/** The live list of events, and the details of one of them. */
export function EventsPanel() {
  useLayoutEffect(
    () =>
      addShortcuts({
        ' ': toggleHold,
        j: () => move(1),
        k: () => move(-1),
        Enter: activate,
        Escape: closeDetails,
      }),
    [],
  );
  return (
    <main class="events" data-detail={openEvent.value !== undefined}>
      <h1 class="sr-only">Events</h1>
      {openTrace.value === undefined ? (
        <>
          <Toolbar />
          <Chips />
          <Histogram />
          <EventList />
        </>
      ) : (
        <TraceView id={openTrace.value} />
      )}
      <Detail />
    </main>
  );
}
