import { ChevronIcon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { filter, isGrouped, isRelative, setFilter, setParam, zone } from './settings.js';

export function ViewMenu() {
  return (
    <Menu
      label="View"
      text={
        <>
          View
          <ChevronIcon />
        </>
      }
    >
      <fieldset class="choices">
        <legend>Time</legend>
        <Choice
          name="time"
          checked={!isRelative.value}
          onChoose={() => setParam('time', undefined)}
        >
          Clock time
        </Choice>
        <Choice name="time" checked={isRelative.value} onChoose={() => setParam('time', 'rel')}>
          Age
        </Choice>
      </fieldset>
      <fieldset class="choices">
        <legend>Zone</legend>
        <Choice
          name="zone"
          checked={zone.value === 'local'}
          onChoose={() => setParam('tz', undefined)}
        >
          Local
        </Choice>
        <Choice name="zone" checked={zone.value === 'utc'} onChoose={() => setParam('tz', 'utc')}>
          UTC
        </Choice>
      </fieldset>
      <label class="check">
        <input
          type="checkbox"
          checked={isGrouped.value}
          onChange={(event) => setParam('group', event.currentTarget.checked ? undefined : '0')}
        />
        Similar events as one line
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.value.system}
          onChange={(event) => setFilter({ ...filter.value, system: event.currentTarget.checked })}
        />
        System events
      </label>
      <p class="muted">
        Routine reports of VX11 itself, such as opened streams and the load of its services.
        Warnings and worse are always shown.
      </p>
    </Menu>
  );
}

interface ChoiceProps {
  name: string;
  checked: boolean;
  onChoose: () => void;
  children: string;
}

function Choice({ name, checked, onChoose, children }: ChoiceProps) {
  return (
    <label>
      <input type="radio" name={name} checked={checked} onChange={onChoose} />
      {children}
    </label>
  );
}
