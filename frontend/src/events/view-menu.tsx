import { ChevronIcon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { COLUMN_NAMES, COLUMNS, columnsText, type Column } from './list/columns.js';
import { SavedViews } from './saved-views.js';
import { columns, filter, isGrouped, isRelative, setFilter, setParam, zone } from './settings.js';

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
      <fieldset class="choices">
        <legend>Columns</legend>
        {COLUMNS.map((column) => (
          <label key={column}>
            <input
              type="checkbox"
              checked={columns.value.includes(column)}
              onChange={(event) => showColumn(column, event.currentTarget.checked)}
            />
            {COLUMN_NAMES[column]}
          </label>
        ))}
      </fieldset>
      <SavedViews />
      <p class="muted">
        System events are routine reports of VX11 itself, such as opened streams and the load of its
        services. Warnings and worse are always shown.
      </p>
    </Menu>
  );
}

function showColumn(column: Column, isShown: boolean): void {
  const others = columns.value.filter((one) => one !== column);
  setParam('cols', columnsText(isShown ? [...others, column] : others));
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
