import { signal } from '@preact/signals';
import { readPreference, writePreference } from '../ui/preference.js';
import type { QuietHours } from './quiet-hours.js';

/** How the panel announces critical events; kept in this browser. */
export interface NotifyPreferences extends QuietHours {
  readonly desktop: boolean;
  readonly sound: boolean;
}

const OFF: NotifyPreferences = { desktop: false, sound: false, quietFrom: '', quietTo: '' };

export const preferences = signal<NotifyPreferences>(read());

export function setPreferences(change: Partial<NotifyPreferences>): void {
  preferences.value = { ...preferences.value, ...change };
  writePreference('vx11-notify', JSON.stringify(preferences.value));
}

/** Reads the stored text, which may come from another version or be damaged. */
function read(): NotifyPreferences {
  try {
    const stored = Object(JSON.parse(readPreference('vx11-notify') ?? '{}')) as NotifyPreferences;
    return {
      desktop: stored.desktop === true,
      sound: stored.sound === true,
      quietFrom: timeOfDay(stored.quietFrom),
      quietTo: timeOfDay(stored.quietTo),
    };
  } catch {
    return OFF;
  }
}

function timeOfDay(value: unknown): string {
  return typeof value === 'string' && /^\d\d:\d\d$/.test(value) ? value : '';
}
