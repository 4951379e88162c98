import { createLogger } from '../kernel/logger.js';
import { BackendDiscovery, type Lookup } from './backend-discovery.js';

function discovery(lookup: Lookup) {
  const found: (readonly string[])[] = [];
  const lines: string[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'info',
    pretty: false,
    destination: { write: (line) => void lines.push(line) },
  });
  const made = new BackendDiscovery(
    'http://backends:8011',
    (urls) => void found.push(urls),
    logger,
    lookup,
  );
  return { made, found, lines };
}

describe('the discovery of backends by DNS', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('finds one instance for each address, IPv6 included', async () => {
    const { made, found } = discovery(async () => ['10.0.0.2', 'fd00::1', '10.0.0.1', '10.0.0.1']);
    await made.start();
    made.stop();
    expect(found).toEqual([
      ['http://10.0.0.1:8011', 'http://10.0.0.2:8011', 'http://[fd00::1]:8011'],
    ]);
  });

  it('looks again every second and reports instances that come and go', async () => {
    const answers = [['10.0.0.1'], ['10.0.0.1', '10.0.0.2'], ['10.0.0.2']];
    const { made, found } = discovery(async () => answers.shift() ?? ['10.0.0.2']);
    await made.start();
    await jest.advanceTimersByTimeAsync(2_000);
    made.stop();
    expect(found.map((urls) => urls.length)).toEqual([1, 2, 1]);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(found).toHaveLength(3);
  });

  it('keeps the known instances while the name cannot be looked up, and logs it once', async () => {
    let fails = false;
    const { made, found, lines } = discovery(async () => {
      if (fails) throw Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' });
      return ['10.0.0.1'];
    });
    await made.start();
    fails = true;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(found).toHaveLength(1);
    expect(lines.filter((line) => line.includes('cannot be looked up'))).toHaveLength(1);
    fails = false;
    await jest.advanceTimersByTimeAsync(1_000);
    made.stop();
    expect(found).toHaveLength(2);
  });

  it('lets the process start when DNS does not answer', async () => {
    const { made, found } = discovery(() => new Promise(() => {}));
    const started = made.start();
    await jest.advanceTimersByTimeAsync(2_000);
    await started;
    made.stop();
    expect(found).toEqual([]);
  });
});
