import { useSignal } from '@preact/signals';
import { BellIcon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { beep, unseen } from './notify.js';
import { preferences, setPreferences } from './preferences.js';

/** How the panel announces critical events; off until the operator switches it on. */
export function NotifyMenu() {
  const problem = useSignal('');
  const { desktop, sound, quietFrom, quietTo } = preferences.value;
  const number = unseen.value;

  const switchDesktop = async (on: boolean): Promise<void> => {
    problem.value = '';
    if (on && !('Notification' in globalThis)) {
      problem.value = 'This browser has no desktop notifications, or needs HTTPS for them.';
      return;
    }
    if (on && (await Notification.requestPermission()) !== 'granted') {
      problem.value = 'The browser does not allow notifications. Allow them for this site first.';
      return;
    }
    setPreferences({ desktop: on });
  };

  return (
    <Menu
      label={number === 0 ? 'Notifications' : `Notifications: ${number} unseen critical events`}
      icon={
        <span class={number > 0 ? 'bell unseen' : 'bell'}>
          <BellIcon />
        </span>
      }
    >
      <h2>Critical events</h2>
      <p class="muted">
        The title of the tab counts those that you have not seen; its icon carries a dot.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={desktop}
          onChange={(event) => {
            // The box changes when the browser has decided: it may refuse.
            const { checked } = event.currentTarget;
            event.currentTarget.checked = desktop;
            void switchDesktop(checked);
          }}
        />
        Desktop notification
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={sound}
          onChange={(event) => {
            setPreferences({ sound: event.currentTarget.checked });
            if (event.currentTarget.checked) beep();
          }}
        />
        Sound
      </label>
      <fieldset class="quiet-hours">
        <legend>Quiet hours (no notification, no sound)</legend>
        <label>
          From
          <input
            type="time"
            value={quietFrom}
            onInput={(event) => setPreferences({ quietFrom: event.currentTarget.value })}
          />
        </label>
        <label>
          To
          <input
            type="time"
            value={quietTo}
            onInput={(event) => setPreferences({ quietTo: event.currentTarget.value })}
          />
        </label>
      </fieldset>
      <p class="fault" role="alert">
        {problem.value}
      </p>
    </Menu>
  );
}
