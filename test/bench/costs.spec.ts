// @needs redis-server
import { execFile } from 'node:child_process';

/** Starts two servers. */
const CHECK_MS = 120_000;

/** The lines of `npm run bench:check` about counts above their bounds, without their figures. */
function above(plant: string): Promise<string[]> {
  const args = ['bench/check.mjs', '--plant', plant];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (_, stdout) =>
      resolve([...stdout.matchAll(/^MORE (.+?) {2}/gm)].map(([, name = '']) => name)),
    );
  });
}

describe('npm run bench:check', () => {
  it.each([
    [
      'write',
      ['writes per event and stream, one at a time', 'writes per stream, 30 events in one batch'],
    ],
    ['head', ['writes per open', 'writes per issue']],
    ['closure', ['heap bytes per open', 'heap bytes per issue']],
    ['encode', ['encodings per event, 100 streams']],
    [
      'redis',
      ['Redis commands per issue', 'Redis commands per open', 'Redis commands per publish'],
    ],
  ])(
    'finds a planted regression: %s',
    async (plant, names) => {
      expect(await above(plant)).toEqual(names);
    },
    CHECK_MS,
  );
});
