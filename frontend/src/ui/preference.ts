/** A preference that the browser keeps for the next visit; never anything secret. */
export type Preference = 'vx11-theme' | 'vx11-shortcuts' | 'vx11-notify' | 'vx11-views';

export function readPreference(name: Preference): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function writePreference(name: Preference, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is disabled or full: the preference holds for this tab only.
  }
}
