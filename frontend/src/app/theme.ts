import { effect, signal } from '@preact/signals';
import { readPreference, writePreference } from '../ui/preference.js';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>(stored());

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});

export function chooseTheme(value: Theme): void {
  theme.value = value;
  writePreference('vx11-theme', value);
}

function stored(): Theme {
  const value = readPreference('vx11-theme');
  return THEMES.find((one) => one === value) ?? 'system';
}
