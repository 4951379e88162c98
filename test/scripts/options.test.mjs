import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/lib/bootstrap.mjs';

const options = pathToFileURL(join(root, 'scripts/lib/options.mjs'));

/** A command with two options that prints what was requested. */
function command(...args) {
  const source = `
    import { readOptions } from ${JSON.stringify(options)};
    const { values } = readOptions({
      options: { count: { type: 'string', default: '3' }, quick: { type: 'boolean' } },
    });
    console.log(JSON.stringify(values));`;
  const argv = ['--input-type=module', '-e', source, '--', ...args];
  return spawnSync(process.execPath, argv, { encoding: 'utf8' });
}

test('a command reads its options', () => {
  const { stdout, status } = command('--count', '5', '--quick');
  assert.deepEqual(JSON.parse(stdout), { count: '5', quick: true });
  assert.equal(status, 0);
});

for (const { what, given, said } of [
  { what: 'an unknown option', given: '--fast', said: "Unknown option '--fast'." },
  { what: 'no value', given: '--count', said: "Option '--count <value>' argument missing." },
  {
    what: 'a value too many',
    given: '--quick=yes',
    said: "Option '--quick' does not take an argument.",
  },
  { what: 'an argument', given: '5', said: "Unexpected argument '5'." },
]) {
  test(`a command says in one line that it was given ${what}, and what it knows`, () => {
    const { stderr, status } = command(given);
    assert.equal(stderr.trim(), `${said} This command knows --count, --quick.`);
    assert.equal(status, 1);
  });
}
