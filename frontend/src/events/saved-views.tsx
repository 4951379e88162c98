import { signal, useSignal } from '@preact/signals';
import { hrefOf, navigate, route } from '../app/route.js';
import { copy } from '../ui/copy.js';
import { CloseIcon } from '../ui/icons.js';
import { readPreference, writePreference } from '../ui/preference.js';

/** A named filter with its time range, columns and display options, as the address holds them. */
export interface SavedView {
  readonly name: string;
  /** Parameters of the events page. */
  readonly query: string;
}

const MOST = 50;
const MOST_LETTERS = 60;
/** Parameters that are not part of a view. */
const PASSING = ['event', 'trace'];

/** Views of the panel; they cannot be deleted. */
const BUILT_IN: readonly SavedView[] = [
  { name: 'Errors and worse', query: 'severity=error,critical' },
  { name: 'Alerts', query: 'is=type:vx11.alert.*' },
  { name: 'Security', query: 'is=type:vx11.security.*' },
  { name: 'Services', query: 'is=type:vx11.service.*' },
];

const ownViews = signal<readonly SavedView[]>(read());

export function views(): readonly SavedView[] {
  return [...ownViews.value, ...BUILT_IN];
}

/** Reads the stored views; entries that are not views are left out. */
function read(): SavedView[] {
  try {
    const stored: unknown = JSON.parse(readPreference('vx11-views') ?? '[]');
    if (!Array.isArray(stored)) return [];
    return stored
      .filter((one: Partial<SavedView> | null): one is SavedView =>
        [one?.name, one?.query].every((text) => typeof text === 'string' && text !== ''),
      )
      .slice(0, MOST);
  } catch {
    // Not JSON: there are no views.
    return [];
  }
}

function write(next: readonly SavedView[]): void {
  ownViews.value = next.slice(0, MOST);
  writePreference('vx11-views', JSON.stringify(ownViews.value));
}

export function openView({ name, query }: SavedView): void {
  const params = new URLSearchParams(query);
  params.set('view', name);
  navigate({ page: 'events', params }, 'push');
}

function saveView(name: string): void {
  const params = new URLSearchParams(route.value.params);
  for (const passing of [...PASSING, 'view']) params.delete(passing);
  const others = ownViews.value.filter((one) => one.name !== name);
  write([{ name, query: params.toString() || 'group=1' }, ...others]);
  const next = new URLSearchParams(route.value.params);
  next.set('view', name);
  navigate({ page: 'events', params: next }, 'replace');
}

function linkTo({ name, query }: SavedView): string {
  const params = new URLSearchParams(query);
  params.set('view', name);
  return `${location.origin}${location.pathname}${hrefOf('events', params)}`;
}

/** The views by name; a link brings a view and its name to a colleague, who may save it too. */
export function SavedViews() {
  const name = useSignal('');
  const current = route.value.params.get('view') ?? '';
  return (
    <section class="views" aria-label="Saved views">
      <h2>Views</h2>
      <ul>
        {views().map((view) => (
          <li key={view.name}>
            <button
              type="button"
              class="link"
              aria-pressed={view.name === current}
              onClick={() => openView(view)}
            >
              {view.name}
            </button>
            <button
              type="button"
              class="quiet"
              aria-label={`Copy a link to the view ${view.name}`}
              onClick={() => void copy(linkTo(view), 'Link')}
            >
              Link
            </button>
            {ownViews.value.includes(view) && (
              <button
                type="button"
                class="quiet"
                aria-label={`Delete the view ${view.name}`}
                onClick={() => write(ownViews.value.filter((one) => one !== view))}
              >
                <CloseIcon />
              </button>
            )}
          </li>
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = name.value.trim() || current;
          if (wanted === '') return;
          saveView(wanted);
          name.value = '';
        }}
      >
        <input
          type="text"
          aria-label="Name of the view"
          placeholder={current || 'Name'}
          maxLength={MOST_LETTERS}
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
        <button type="submit">Save this view</button>
      </form>
    </section>
  );
}
