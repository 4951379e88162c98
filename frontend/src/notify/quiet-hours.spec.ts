import { isQuiet } from './quiet-hours.js';

const hours = (quietFrom: string, quietTo: string) => ({ quietFrom, quietTo });

describe('quiet hours', () => {
  it('begin with their first minute and end before their last', () => {
    const day = hours('12:00', '13:30');
    const quiet = ['11:59', '12:00', '13:29', '13:30'].map((time) => isQuiet(day, time));
    expect(quiet).toEqual([false, true, true, false]);
  });

  it('go over midnight', () => {
    const night = hours('22:00', '07:00');
    const quiet = ['21:59', '22:00', '00:00', '06:59', '07:00'].map((time) => isQuiet(night, time));
    expect(quiet).toEqual([false, true, true, true, false]);
  });

  it('are none without a beginning or an end', () => {
    expect(isQuiet(hours('', '07:00'), '03:00')).toBe(false);
    expect(isQuiet(hours('22:00', ''), '23:00')).toBe(false);
    expect(isQuiet(hours('08:00', '08:00'), '08:00')).toBe(false);
  });
});
