import { createLogger } from './logger.js';

describe('loggers', () => {
  it('listen to standard output once, however many there are', () => {
    const before = process.stdout.listenerCount('error');
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    for (const service of ['madre', 'switch', 'hermes']) {
      createLogger({ service, level: 'info', pretty: false }).info('said');
    }
    expect(write.mock.calls.map(([line]) => (JSON.parse(String(line)) as Said).service)).toEqual([
      'madre',
      'switch',
      'hermes',
    ]);
    expect(process.stdout.listenerCount('error')).toBe(before + 1);
    write.mockRestore();
  });
});

interface Said {
  readonly service: string;
}
