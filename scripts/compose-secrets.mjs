// npm run compose:secrets: makes the files that compose.yaml takes its secrets from, in
// .data/compose. What is there already stays.
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuseArguments, root } from './lib/bootstrap.mjs';

refuseArguments();

const directory = join(root, '.data/compose');
mkdirSync(directory, { recursive: true, mode: 0o700 });
chmodSync(directory, 0o700);

function make(name, text) {
  const file = join(directory, name);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  // The container's user is not this one: the directory keeps everybody else out.
  writeFileSync(file, text, { mode: 0o644 });
  console.log(`made .data/compose/${name}`);
  return text;
}

const key = () => randomBytes(32).toString('base64');
const token = make('operator-token', randomBytes(24).toString('base64url'));
make('hop-keys', key());
make('neighbour-hop-keys', key());
make('token-keys', key());
make('neighbour-token', randomBytes(24).toString('base64url'));
make('grafana-password', randomBytes(18).toString('base64url'));
const operator = {
  id: 'operator',
  tokenSha256: createHash('sha256').update(token.trim()).digest('hex'),
  scopes: ['events:read', 'events:publish', 'streams:admin', 'audit:read'],
};
make('principals.json', `${JSON.stringify([operator], null, 2)}\n`);
console.log('The token for the panel is in .data/compose/operator-token.');
