#!/usr/bin/env node
// npx vx11 …, npm run -s vx11 -- …: the command line on the project's own Node.
import { resolve } from 'node:path';
import { bootstrap, giveUp } from './lib/bootstrap.mjs';

// The set-up changes into the project's directory; the user named the file from theirs.
const { VX11_TOKEN_FILE: file, INIT_CWD: cwd = '.' } = process.env;
if (file) process.env.VX11_TOKEN_FILE = resolve(cwd, file);
await bootstrap(import.meta.url, { build: true });
try {
  await import('../.cache/run/vx11.js');
} catch (error) {
  giveUp(error);
}
