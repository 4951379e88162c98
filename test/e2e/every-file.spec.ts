import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

describe('every test of the backend over real sockets', () => {
  const files = readdirSync(__dirname).filter(
    (file) => file.endsWith('.spec.ts') && file !== 'every-file.spec.ts',
  );

  it.each(files)('%s ends with the search for its tokens, when it uses our callers', (file) => {
    const text = readFileSync(join(__dirname, file), 'utf8');
    const uses = /support\/(backend|process|caller|fixtures)\.js/.test(text);
    expect(!uses || /^itLeaksNoToken\(\);$/m.test(text)).toBe(true);
  });
});
