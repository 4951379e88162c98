import { Dialog } from '../ui/dialog.js';
import { areShortcutsOn, isHelpOpen, switchShortcuts } from './shortcuts.js';

const KEYS = [
  ['/', 'Search'],
  ['Space', 'Pause or resume the list'],
  ['Ctrl+K', 'Commands'],
  ['j  k', 'Next, previous event'],
  ['PgDn  PgUp', 'A page down, a page up, with the focus in the list'],
  ['Enter', 'Details of the event, or expand similar events'],
  ['Esc', 'Close the details or leave the search'],
  ['?', 'This list'],
] as const;

export function ShortcutsDialog() {
  if (!isHelpOpen.value) return null;
  return (
    <Dialog title="Keyboard" onClose={() => (isHelpOpen.value = false)}>
      <dl class="keys">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split('  ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={areShortcutsOn.value}
          onChange={(event) => switchShortcuts(event.currentTarget.checked)}
        />
        Single-key shortcuts are on
      </label>
    </Dialog>
  );
}
