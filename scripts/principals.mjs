// npm run principals -- generate [id [scope …]]: a principal token of 256 random bits and
// its row for VX11_PRINCIPALS_FILE. The token is shown once and kept nowhere.
import { createHash, randomBytes } from 'node:crypto';

const [command, id = 'new-principal', ...scopes] = process.argv.slice(2);
if (command !== 'generate') {
  console.error('Usage: npm run principals -- generate [id [scope …]]');
  process.exit(64);
}
const token = `vx11p_${randomBytes(32).toString('base64url')}`;
const row = {
  id,
  tokenSha256: createHash('sha256').update(token).digest('hex'),
  scopes: scopes.length > 0 ? scopes : ['events:read'],
};
console.log(`Token (give it to its holder; it is not kept anywhere):\n\n  ${token}\n`);
console.log(`Entry for the JSON list in VX11_PRINCIPALS_FILE:\n\n  ${JSON.stringify(row)}`);
