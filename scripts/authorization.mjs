// npm run authorization: writes the table of docs/reference/authorization.md from the
// decorators of the routes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, giveUp, refuseArguments, root } from './lib/bootstrap.mjs';

const TABLE = /<!-- table -->[\s\S]*<!-- end of the table -->/;

refuseArguments();
await bootstrap(import.meta.url, { build: true });
try {
  const { authorizationTable, backendRoutes } = await import('../dist/apps/authorization.js');
  const page = join(root, 'docs/reference/authorization.md');
  const table = `<!-- table -->\n\n${authorizationTable(backendRoutes())}\n\n<!-- end of the table -->`;
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(TABLE, () => table),
  );
} catch (error) {
  giveUp(error);
}
