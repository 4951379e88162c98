#!/usr/bin/env node
// npx vx11 …, npm run -s vx11 -- …: the command line on the project's own Node.
import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { bootstrap, giveUp, root } from './lib/bootstrap.mjs';
import { loadSettings } from './lib/settings.mjs';

// The set-up changes into the project's directory, and npm does, which says where its user was.
// They name files from there.
if (process.cwd() !== root) process.env.INIT_CWD = process.cwd();
await bootstrap(import.meta.url, { build: true });
// The system that `npm start` has started with them. Another user's are not for this one.
if (mayRead(join(root, '.env'))) loadSettings(root);
process.env.VX11_DATA_DIR = resolve(root, process.env.VX11_DATA_DIR || '.data');
process.chdir(process.env.INIT_CWD ?? root);
try {
  await import('../.cache/run/vx11.js');
} catch (error) {
  giveUp(error);
}

function mayRead(file) {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
