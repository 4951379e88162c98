import { signal, useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { backToLive } from '../events/timeline/timeline-state.js';
import { RANGES } from '../events/filter/range.js';
import { NO_FILTER } from '../events/filter/filter.js';
import { openView, views } from '../events/saved-views.js';
import { SEVERITIES } from '../events/entry.js';
import { filter, setFilter, setParam } from '../events/settings.js';
import { toggleHold } from '../events/toolbar.js';
import { signOut } from '../session/session.js';
import { Dialog } from '../ui/dialog.js';
import { navigate, PAGES, route } from './route.js';
import { isHelpOpen } from './shortcuts.js';
import { chooseTheme, THEMES } from './theme.js';

export const isPaletteOpen = signal(false);

interface Command {
  readonly name: string;
  readonly run: () => void;
}

/** Ctrl+K: every command of the panel by its name. */
export function Palette() {
  const query = useSignal('');
  const active = useSignal(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  if (!isPaletteOpen.value) return null;
  const words = query.value.toLowerCase().split(/\s+/);
  const found = commands().filter(({ name }) =>
    words.every((word) => name.toLowerCase().includes(word)),
  );
  const index = Math.min(active.value, found.length - 1);
  const close = (): void => {
    isPaletteOpen.value = false;
    query.value = '';
    active.value = 0;
  };
  const run = (command: Command | undefined): void => {
    if (!command) return;
    close();
    command.run();
  };
  const move = (to: number): void => {
    active.value = Math.max(0, Math.min(found.length - 1, to));
    list.current?.children[active.value]?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <Dialog title="Commands" onClose={close}>
      <input
        type="text"
        class="palette-input"
        role="combobox"
        aria-label="Command"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[index] ? `${id}-${index}` : undefined}
        aria-autocomplete="list"
        placeholder="Type a command"
        autocomplete="off"
        spellcheck={false}
        // A dialog gives the focus to the first element with autofocus.
        autofocus
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          active.value = 0;
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') move(index + 1);
          else if (event.key === 'ArrowUp') move(index - 1);
          else if (event.key === 'Enter') run(found[index]);
          else return;
          event.preventDefault();
        }}
      />
      <ul ref={list} id={id} role="listbox" aria-label="Commands" class="palette">
        {found.map((command, at) => (
          <li
            key={command.name}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === index}
            onClick={() => run(command)}
          >
            {command.name}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="muted">No command matches.</p>}
    </Dialog>
  );
}

function commands(): Command[] {
  const events = (work: () => void) => () => {
    if (route.value.page !== 'events')
      navigate({ page: 'events', params: new URLSearchParams() }, 'push');
    work();
  };
  return [
    ...PAGES.map((page) => ({
      name: `Go to ${page}`,
      run: () => navigate({ page, params: new URLSearchParams() }, 'push'),
    })),
    ...SEVERITIES.toReversed().map((severity) => ({
      name: `Show only ${severity}`,
      run: events(() => setFilter({ ...filter.value, severities: [severity] })),
    })),
    ...views().map((view) => ({ name: `View: ${view.name}`, run: () => openView(view) })),
    { name: 'Clear filters', run: events(() => setFilter(NO_FILTER)) },
    { name: 'Back to live', run: events(backToLive) },
    ...RANGES.map(([from, words]) => ({
      name: `Show ${words.toLowerCase()}`,
      run: events(() => setFilter({ ...filter.value, from, to: '' })),
    })),
    { name: 'Pause or resume the list', run: events(toggleHold) },
    {
      name: filter.value.system ? 'Hide system events' : 'Show system events',
      run: events(() => setFilter({ ...filter.value, system: !filter.value.system })),
    },
    { name: 'Show times in UTC', run: events(() => setParam('tz', 'utc')) },
    { name: 'Show local times', run: events(() => setParam('tz', undefined)) },
    ...THEMES.map((theme) => ({ name: `Theme: ${theme}`, run: () => chooseTheme(theme) })),
    { name: 'Keyboard shortcuts', run: () => (isHelpOpen.value = true) },
    { name: 'Sign out', run: () => void signOut() },
    { name: 'Sign out everywhere', run: () => void signOut('everywhere') },
  ];
}
