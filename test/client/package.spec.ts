import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { Child } from '../support/process/child.ts';
import { projectWithClient } from './support/built-client.js';

// The client is built first: on a busy machine that takes long.
jest.setTimeout(120_000);

const README = readFileSync(join(__dirname, '../../client/README.md'), 'utf8');

describe('the package as it is published', () => {
  let project: string;
  let backend: TestBackend;
  const children: Child[] = [];

  beforeAll(async () => {
    project = projectWithClient();
    backend = await startBackend();
  });

  afterAll(async () => {
    await Promise.all(children.map((child) => child.end()));
    rmSync(project, { recursive: true });
    await backend.close();
  });

  function node(code: string): Child {
    const file = join(project, 'example.mjs');
    writeFileSync(file, code);
    const child = new Child({
      name: 'the example',
      args: [file],
      env: { VX11_URL: backend.url, VX11_OPERATOR_TOKEN: backend.token },
    });
    children.push(child);
    return child;
  }

  it('runs the example of its README in plain Node', async () => {
    const [example] = /(?<=```js\n)[^`]*(?=```)/.exec(README) ?? [''];
    const child = node(example);
    await backend.caller.publish(event({ type: 'readme.example', severity: 'warn' }));
    const [line] = await child.line(/^.*readme\.example.*$/);
    expect(line).toMatch(/^\d+-\d+ warn readme\.example$/);
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(10);
  });

  it('opens nothing where its README lets a server render a page', async () => {
    const [baseUrl] = /(?<=`)globalThis\.location[^`]*/.exec(README) ?? [''];
    const code = `
      import { createSharedEventsClient } from '@vx11/events-client/shared';
      const client = createSharedEventsClient({ baseUrl: ${baseUrl}, token: 'principal-token' });
      console.log(client.state.status);`;
    const child = node(code);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.lines).toEqual(['idle']);
  });

  it('exports its two entries, and loads the second one where nothing can be shared', async () => {
    const code = `
      import * as own from '@vx11/events-client';
      import * as shared from '@vx11/events-client/shared';
      console.log(JSON.stringify([Object.keys(own), Object.keys(shared)]));`;
    const child = node(code);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.lines.map((line) => JSON.parse(line))).toEqual([
      [
        ['RequestError', 'StreamStoppedError', 'comparePositions', 'createEventsClient'],
        ['createSharedEventsClient'],
      ],
    ]);
  });
});
