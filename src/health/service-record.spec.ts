import { ServiceRecord } from './service-record.js';

const SECOND = 1000;
const START = Date.UTC(2026, 0, 1);

describe('the record of a service', () => {
  let record: ServiceRecord;
  let ms: number;

  beforeEach(() => {
    ms = 0;
    record = new ServiceRecord(at());
  });

  const at = () => ({ wall: START + ms, monotonic: ms });

  /** Probes once a second; returns the changes, each with its second. */
  function looks(...seen: boolean[]): string[] {
    return seen.flatMap((up) => {
      ms += SECOND;
      const change = record.observe(up, 3, at());
      return change ? [`${ms / SECOND}: ${change}`] : [];
    });
  }

  const times = (count: number, up: boolean) => Array<boolean>(count).fill(up);

  it('starts as unknown, and is up after the first successful probe', () => {
    expect([record.status, record.since]).toEqual(['unknown', undefined]);
    expect(looks(true)).toEqual(['1: up']);
    expect([record.status, record.since, record.latencyMs]).toEqual(['up', START + SECOND, 3]);
  });

  it('reports a service that never answered as down after 20 seconds, not before', () => {
    expect(looks(...times(19, false))).toEqual([]);
    expect(looks(false, false)).toEqual(['20: down']);
  });

  it('is down after two failures, not after one; since is the time of the first', () => {
    expect(looks(true, false, true, false)).toEqual(['1: up']);
    expect(record.doubtful).toBe(true);
    expect(looks(false)).toEqual(['5: down']);
    expect(record.since).toBe(START + 4 * SECOND);
    expect(record.latencyMs).toBeUndefined();
  });

  it('is up again with the first successful probe after the first outage', () => {
    expect(looks(true, false, false, false, true)).toEqual(['1: up', '3: down', '5: up']);
  });

  it('stays down longer after each outage while the service flaps', () => {
    const flap = [true, false, false];
    expect(looks(...flap, ...flap)).toEqual(['1: up', '3: down', '4: up', '6: down']);
    // It must succeed for five seconds to be up again, and for ten after the next outage.
    expect(looks(...times(5, true))).toEqual([]);
    expect(looks(true)).toEqual(['12: up']);
    expect(looks(false, false, ...times(10, true))).toEqual(['14: down']);
    expect(looks(true)).toEqual(['25: up']);
    expect(record.since).toBe(START + 15 * SECOND);
  });

  it('starts the hold time again with every failure', () => {
    looks(true, false, false, true, false, false);
    expect(looks(...times(3, true), false, ...times(10, true))).toEqual([]);
    expect(looks(true)).toEqual(['21: up']);
  });

  it('forgets outages after ten minutes', () => {
    looks(true, false, false, true, false, false);
    looks(...times(6, true));
    ms += 10 * 60 * SECOND;
    expect(looks(false, false, true).map((change) => change.split(' ')[1])).toEqual(['down', 'up']);
  });

  it('reports fewer than ten changes for a service that flaps all day', () => {
    const day = Array.from({ length: 24 * 60 * 6 }, (_, index) => index % 10 < 5);
    expect(looks(...day).length).toBeLessThan(10);
  });
});
