import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { projectWithClient } from './support/built-client.js';

// The client is built first: on a busy machine that takes long.
jest.setTimeout(120_000);

const README = readFileSync(join(__dirname, '../../client/README.md'), 'utf8');

describe('the package as it is published', () => {
  let project: string;
  let backend: TestBackend;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    project = projectWithClient();
    backend = await startBackend();
  });

  afterAll(async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
    rmSync(project, { recursive: true });
    await backend.close();
  });

  function node(code: string): Readable {
    const file = join(project, 'example.mjs');
    writeFileSync(file, code);
    const child = spawn(process.execPath, [file], {
      env: { VX11_URL: backend.url, VX11_OPERATOR_TOKEN: backend.token },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child.stdout;
  }

  it('runs the example of its README in plain Node', async () => {
    const [example] = /(?<=```js\n)[^`]*(?=```)/.exec(README) ?? [''];
    const lines = createInterface({ input: node(example) });
    await backend.caller.publish(event({ type: 'readme.example', severity: 'warn' }));
    for await (const line of lines) {
      if (!line.includes('readme.example')) continue;
      expect(line).toMatch(/^\d+-\d+ warn readme\.example$/);
      break;
    }
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(10);
  });

  it('exports its two entries, and loads the second one where nothing can be shared', async () => {
    const code = `
      import * as own from '@vx11/events-client';
      import * as shared from '@vx11/events-client/shared';
      console.log(JSON.stringify([Object.keys(own), Object.keys(shared)]));`;
    for await (const line of createInterface({ input: node(code) })) {
      expect(JSON.parse(line)).toEqual([
        ['RequestError', 'StreamStoppedError', 'comparePositions', 'createEventsClient'],
        ['createSharedEventsClient'],
      ]);
    }
  });
});
