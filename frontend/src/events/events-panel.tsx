import { useLayoutEffect } from 'preact/hooks';
import { addShortcuts } from '../app/shortcuts.js';
import { Chips } from './filter/chips.js';
import { Detail } from './detail/detail.js';
import { EventList } from './list/list.js';
import { activate, closeDetails, move } from './list/selection.js';
import { openEvent } from './settings.js';
import { Toolbar, toggleHold } from './toolbar.js';

/** The live list of events, and the details of one of them beside it. */
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
      <Toolbar />
      <Chips />
      <EventList />
      <Detail />
    </main>
  );
}
