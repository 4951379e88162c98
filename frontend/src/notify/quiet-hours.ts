/** Times of day, `HH:MM`; empty: there are no quiet hours. */
export interface QuietHours {
  readonly quietFrom: string;
  readonly quietTo: string;
}

/**
 * Whether this time of day lies in the quiet hours, which may go over midnight.
 * @param time `HH:MM`
 */
export function isQuiet({ quietFrom, quietTo }: QuietHours, time: string): boolean {
  if (quietFrom === '' || quietTo === '' || quietFrom === quietTo) return false;
  return quietFrom < quietTo
    ? quietFrom <= time && time < quietTo
    : quietFrom <= time || time < quietTo;
}
