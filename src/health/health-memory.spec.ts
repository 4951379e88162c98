import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthMemory, type Remembered } from './health-memory.js';
import type { Reading } from './summary-source.js';

const distribution = { bounds: [0.1, Infinity], counts: [1, 2] };
const STATE: Remembered = {
  at: 1_000,
  isClean: false,
  services: [{ name: 'madre', status: 'up', since: 500 }],
  readings: [
    {
      at: 1_000,
      latencies: {
        issue: distribution,
        validation: distribution,
        open: distribution,
        delivery: distribution,
      },
    } as unknown as Reading,
  ],
};

describe('the memory of the overview', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vx11-memory-'));
  const file = join(directory, 'history.json');
  const warnings: unknown[] = [];
  const logger = { warn: (...args: unknown[]) => void warnings.push(args) };

  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  beforeEach(() => warnings.splice(0));

  it('has nothing at first, and then what was written, bounds without end included', () => {
    const memory = new HealthMemory(file, logger);
    expect(memory.read()).toBeUndefined();
    memory.write(STATE);
    expect(new HealthMemory(file, logger).read()).toEqual(STATE);
    expect(readdirSync(directory)).toEqual(['history.json']);
    expect(warnings).toEqual([]);
  });

  it.each(['', '{"form":1', 'null', '[]', '{"form":2,"readings":[],"services":[]}', '{"form":1}'])(
    'has nothing where the file holds %j',
    (text) => {
      writeFileSync(file, text);
      expect(new HealthMemory(file, logger).read()).toBeUndefined();
    },
  );

  it('warns once where it cannot write', () => {
    const memory = new HealthMemory(join(directory, 'nowhere', 'history.json'), logger);
    memory.write(STATE);
    memory.write(STATE);
    expect(warnings).toHaveLength(1);
  });
});
