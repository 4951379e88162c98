import { ServiceRecord } from './service-record.js';

const SECOND = 1000;
const START = Date.UTC(2026, 0, 1);

describe('what is known of a service', () => {
  let record: ServiceRecord;
  let ms: number;

  beforeEach(() => {
    ms = 0;
    record = new ServiceRecord(at());
  });

  const at = () => ({ wall: START + ms, monotonic: ms });

  /** Looks once a second; returns the changes, each with its second. */
  function looks(...seen: boolean[]): string[] {
    return seen.flatMap((up) => {
      ms += SECOND;
      const change = record.observe(up, 3, at());
      return change ? [`${ms / SECOND}: ${change}`] : [];
    });
  }

  const times = (count: number, up: boolean) => Array<boolean>(count).fill(up);

  it('begins as unknown, and is up at the first good look', () => {
    expect([record.status, record.since]).toEqual(['unknown', undefined]);
    expect(looks(true)).toEqual(['1: up']);
    expect([record.status, record.since, record.latencyMs]).toEqual(['up', START + SECOND, 3]);
  });

  it('lets a service start in peace, but not for ever', () => {
    expect(looks(...times(19, false))).toEqual([]);
    expect(looks(false, false)).toEqual(['20: down']);
  });

  it('is not down after one failure, and is after two, since the first of them', () => {
    expect(looks(true, false, true, false)).toEqual(['1: up']);
    expect(record.doubtful).toBe(true);
    expect(looks(false)).toEqual(['5: down']);
    expect(record.since).toBe(START + 4 * SECOND);
    expect(record.latencyMs).toBeUndefined();
  });

  it('is up again at once after the first time down', () => {
    expect(looks(true, false, false, false, true)).toEqual(['1: up', '3: down', '5: up']);
  });

  it('is kept down longer and longer while it flaps', () => {
    const flap = [true, false, false];
    expect(looks(...flap, ...flap)).toEqual(['1: up', '3: down', '4: up', '6: down']);
    // Well for five seconds before it counts, and then for ten.
    expect(looks(...times(5, true))).toEqual([]);
    expect(looks(true)).toEqual(['12: up']);
    expect(looks(false, false, ...times(10, true))).toEqual(['14: down']);
    expect(looks(true)).toEqual(['25: up']);
    expect(record.since).toBe(START + 15 * SECOND);
  });

  it('begins its trial afresh with every failure', () => {
    looks(true, false, false, true, false, false);
    expect(looks(...times(3, true), false, ...times(10, true))).toEqual([]);
    expect(looks(true)).toEqual(['21: up']);
  });

  it('forgives after ten minutes', () => {
    looks(true, false, false, true, false, false);
    looks(...times(6, true));
    ms += 10 * 60 * SECOND;
    expect(looks(false, false, true).map((change) => change.split(' ')[1])).toEqual(['down', 'up']);
  });

  it('reports a service that flaps all day only now and then', () => {
    const day = Array.from({ length: 24 * 60 * 6 }, (_, index) => index % 10 < 5);
    expect(looks(...day).length).toBeLessThan(10);
  });
});
