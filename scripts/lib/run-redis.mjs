// The system's redis-server as a child that ends with this process: redis-server
// itself would not notice that its parent has ended.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

// What Redis keeps is for this user only.
process.umask(0o077);
const { VX11_DATA_DIR, VX11_HOST, VX11_REDIS_PORT } = process.env;
const dir = join(VX11_DATA_DIR || '.data', 'redis');
mkdirSync(dir, { recursive: true });

const settings = {
  bind: VX11_HOST || '127.0.0.1',
  port: VX11_REDIS_PORT || '6379',
  dir,
  // What was accepted outlives a kill -9 of Redis.
  appendonly: 'yes',
  appendfsync: 'always',
  save: '',
  // Full, it refuses; it must never drop an event or a token by itself.
  'maxmemory-policy': 'noeviction',
};
const child = spawn(
  'redis-server',
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('error', (error) => {
  console.error(`redis-server does not start: ${error.message}`);
  process.exit(1);
});
child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
