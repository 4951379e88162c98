import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';

/** Words that a reader has to decode, and the usual ones in their place. */
const PHRASES = [
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\banew\b/i, 'again'],
  [/\bbeside\b/i, 'next to, besides, together with'],
  [/\bin the moment\b/i, 'when'],
  [/\b(is|are|was|were|be) asked for\b/i, 'requested'],
  [/\bt(ell|ells|old) (us |them |it |each |every |nobody )?of\b/i, 'report'],
  [
    /^\s*(\*|\/\/|\/\*\*)?\s*Who (has|have|is|are|does|had|was) [^?]*$/,
    'name the subject: a client, a caller',
  ],
];

/** Each line of the text that has a phrase, as `line: what is better`. */
function found(text) {
  return text
    .split('\n')
    .flatMap((line, index) =>
      PHRASES.filter(([pattern]) => pattern.test(line)).map(
        ([, better]) => `${index + 1}: ${line.trim()} (better: ${better})`,
      ),
    );
}

test('the texts use the usual words', () => {
  const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.md', '*.mjs'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => existsSync(file) && basename(file) !== 'phrases.test.mjs');
  const faults = files.flatMap((file) =>
    found(readFileSync(file, 'utf8')).map((fault) => `${file}:${fault}`),
  );
  assert.ok(files.length > 300);
  assert.deepEqual(faults, []);
});

test('a phrase is found wherever it stands, and its usual word is not', () => {
  assert.equal(found('// It tells of a gap.\n').length, 1);
  assert.equal(found('it begins anew\nMend it beside it\n').length, 3);
  assert.equal(found(' * Who has heard the first answers by the third.\n').length, 1);
  assert.deepEqual(found('// It reports a gap, begins again, and is fixed. Recommended.\n'), []);
});
