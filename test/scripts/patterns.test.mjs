import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { patternsOf, superLinearPatterns } from '../../scripts/lib/patterns.mjs';

const home = mkdtempSync(join(tmpdir(), 'vx11-patterns-'));
after(() => rmSync(home, { recursive: true, force: true }));

test('literals and constant RegExp calls are found, text and comments are not', () => {
  const text = "const a = /b+/g; new RegExp('c*', 'i'); RegExp('d'); // /e+/\nconst f = '/g+/';";
  assert.deepEqual(
    patternsOf('a.ts', text).map(({ source, flags }) => `/${source}/${flags}`),
    ['/b+/g', '/c*/i', '/d/'],
  );
});

test('a planted super-linear pattern is refused, a linear one is not', () => {
  mkdirSync(join(home, 'src'));
  const put = (text) => writeFileSync(join(home, 'src/planted.ts'), text);
  for (const bad of ['/(a+)+$/', 'new RegExp("\\\\s+$")', '/-+"token/']) {
    put(`export const planted = ${bad};\n`);
    const [fault] = superLinearPatterns(home, ['src']);
    assert.match(fault ?? '', /^src\/planted\.ts:1: /, bad);
  }
  put('export const planted = /^[a-z]+$/;\n');
  assert.deepEqual(superLinearPatterns(home, ['src']), []);
});
