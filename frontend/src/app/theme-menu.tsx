import { ThemeIcon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { chooseTheme, theme, THEMES } from './theme.js';

const LABELS = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function ThemeMenu() {
  return (
    <Menu label="Theme" icon={<ThemeIcon />}>
      <fieldset class="choices">
        <legend>Theme</legend>
        {THEMES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="theme"
              checked={theme.value === one}
              onChange={() => chooseTheme(one)}
            />
            {LABELS[one]}
          </label>
        ))}
      </fieldset>
    </Menu>
  );
}
