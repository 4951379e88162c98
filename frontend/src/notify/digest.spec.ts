import type { OperatorEvent } from '@vx11/events-client';
import { gatherBursts, messageFor, type Burst } from './digest.js';

const critical = (n: number) =>
  ({
    position: `${n}-0`,
    type: 'disk.full',
    module: 'db',
    severity: 'critical',
    data: { summary: `disk ${n} is full` },
  }) as unknown as OperatorEvent;

describe('critical events', () => {
  let announced: Burst[];
  let add: (event: OperatorEvent) => void;

  beforeEach(() => {
    jest.useFakeTimers();
    announced = [];
    add = gatherBursts((burst) => announced.push(burst));
  });
  afterEach(() => jest.useRealTimers());

  it('that arrive together are one message with their number', () => {
    for (let n = 1; n <= 5; n += 1) add(critical(n));
    jest.advanceTimersByTime(500);
    expect(announced.map(messageFor)).toEqual([
      {
        title: '5 critical events',
        body: 'db: disk 5 is full\ndb: disk 4 is full\ndb: disk 3 is full\nand 2 more',
      },
    ]);
  });

  it('that arrive during the pause after a message are the next message', () => {
    add(critical(1));
    jest.advanceTimersByTime(500);
    add(critical(2));
    add(critical(3));
    jest.advanceTimersByTime(4_999);
    expect(announced.map(({ count }) => count)).toEqual([1]);
    jest.advanceTimersByTime(1);
    expect(announced.map(({ count }) => count)).toEqual([1, 2]);
  });

  it('are announced at once again after a pause without any', () => {
    add(critical(1));
    jest.advanceTimersByTime(60_000);
    add(critical(2));
    jest.advanceTimersByTime(500);
    expect(announced.map(messageFor)).toEqual([
      { title: 'db: critical', body: 'disk 1 is full' },
      { title: 'db: critical', body: 'disk 2 is full' },
    ]);
  });

  it('of a storm of 10,000 are held three at a time', () => {
    for (let n = 1; n <= 10_000; n += 1) add(critical(n));
    jest.advanceTimersByTime(500);
    expect(announced[0]).toMatchObject({ count: 10_000, first: { position: '1-0' } });
    expect(announced[0]?.newest.map(({ position }) => position)).toEqual([
      '10000-0',
      '9999-0',
      '9998-0',
    ]);
  });
});
