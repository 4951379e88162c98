import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../scripts/lib/bootstrap.mjs';

let home;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'vx11-rules-'));
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    await cp(join(root, file), join(home, file));
  }
});
after(() => rm(home, { recursive: true, force: true }));

/** What a project of these files (path → what it imports) breaks, as `rule: file`. */
async function broken(files) {
  const roots = ['src', 'frontend', 'client'];
  for (const one of roots) await rm(join(home, one), { recursive: true, force: true });
  for (const one of roots) await mkdir(join(home, one));
  for (const [file, imports] of Object.entries(files)) {
    await mkdir(dirname(join(home, file)), { recursive: true });
    const lines = imports.map((name) => `import '${name}';`);
    await writeFile(join(home, file), [...lines, 'export {};', ''].join('\n'));
  }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config=.dependency-cruiser.cjs',
      '--output-type=json',
      ...roots,
    ],
    { cwd: home, maxBuffer: 64 * 1024 * 1024 },
  ).catch((failure) => failure);
  return JSON.parse(stdout).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
}

test('imports that the architecture allows pass', async () => {
  const files = {
    'src/operator-backend.ts': ['./apps/operator-backend.module.js', '@nestjs/core'],
    'src/apps/operator-backend.module.ts': [
      '../events/log/redis/event-log.redis.js',
      '../auth/guard.js',
    ],
    'src/events/log/event-log.ts': ['../../kernel/clock.js'],
    'src/events/log/redis/event-log.redis.ts': ['../event-log.js', '../../../redis/client.js'],
    'src/events/log/redis/tail.ts': ['../../../redis/client.js', 'ioredis'],
    'src/events/log/redis/tail.spec.ts': ['./tail.js', '../../../apps/any.js', 'fast-check'],
    'src/redis/client.ts': ['ioredis', '../config/config.js'],
    'src/config/config.ts': ['../kernel/clock.js', 'class-validator'],
    'src/gateway/forwarder.ts': ['../auth/principal.guard.js'],
    'src/auth/principal.guard.ts': ['./guard.js', '@nestjs/common'],
    'src/auth/guard.ts': ['../token-cache/token-cache.js'],
    'src/token-cache/token-cache.ts': ['../kernel/clock.js'],
    'src/events/event.ts': ['./position.js'],
    'src/events/position.ts': [],
    'src/events/intake/intake.ts': ['../log/event-log.js', '../event.js'],
    'src/events/announce/system-events.ts': ['../log/event-log.js', '../event.js'],
    'src/events/streams/hub.ts': ['../log/event-log.js', '../announce/system-events.js'],
    'src/health/store-health.ts': ['../events/log/event-log.js', '../instances/bus.js'],
    'src/instances/bus.ts': ['../kernel/clock.js'],
    'src/instances/bus.redis.ts': ['./bus.js', '../redis/client.js', 'ioredis'],
    'src/metrics/events.prometheus.ts': ['../events/log/event-log.js', 'prom-client'],
    'src/kernel/clock.ts': ['node:crypto'],
    'src/apps/any.ts': [],
    'frontend/src/events/detail/detail.ts': ['../list/list.js', '../../ui/copy.js'],
    'frontend/src/events/list/list.ts': ['../filter/filter.js', '../../session/session.js'],
    'frontend/src/events/filter/filter.ts': ['../entry.js'],
    'frontend/src/events/entry.ts': [],
    'frontend/src/overview/page.ts': ['../events/list/list.js', '../ui/copy.js'],
    'frontend/src/ui/copy.ts': ['./toast.js'],
    'frontend/src/ui/toast.ts': [],
    'frontend/src/session/session.ts': [],
    'client/src/shared/tab.ts': ['../frames.js'],
    'client/src/frames.ts': [],
  };
  assert.deepEqual(await broken(files), []);
});

const wrong = [
  ['kernel-imports', 'src/kernel/a.ts', '../config/b.js'],
  ['kernel-without-nest', 'src/kernel/a.ts', '@nestjs/common'],
  ['config-imports', 'src/config/a.ts', '../auth/b.js'],
  ['token-cache-imports', 'src/token-cache/a.ts', '../events/b.js'],
  ['token-cache-imports', 'src/token-cache/token-cache.memory.ts', '../redis/b.js'],
  ['token-cache-redis-adapter-imports', 'src/token-cache/token-cache.redis.ts', '../events/b.js'],
  ['auth-imports', 'src/auth/a.ts', '../events/b.js'],
  ['auth-imports', 'src/auth/a.ts', '../redis/b.js'],
  ['events-imports', 'src/events/a.ts', '../token-cache/b.js'],
  ['gateway-imports', 'src/gateway/a.ts', '../auth/b.js'],
  ['gateway-imports', 'src/gateway/a.ts', '../events/b.js'],
  ['instances-imports', 'src/instances/a.ts', '../auth/b.js'],
  ['instances-imports', 'src/instances/a.ts', '../redis/b.js'],
  ['instances-redis-adapter-imports', 'src/instances/a.redis.ts', '../auth/b.js'],
  ['health-imports', 'src/health/a.ts', '../events/b.controller.js'],
  ['health-imports', 'src/health/a.ts', '../events/log/event-index.js'],
  ['health-imports', 'src/health/a.ts', '../events/log/redis/tail.js'],
  ['health-imports', 'src/health/a.module.ts', '../events/log/sqlite/event-log.sqlite.js'],
  ['metrics-imports', 'src/metrics/a.ts', '../auth/b.guard.js'],
  ['metrics-imports', 'src/metrics/a.ts', '../events/streams/stream-registry.js'],
  ['metrics-imports', 'src/metrics/a.module.ts', '../token-cache/token-cache.redis.js'],
  ['events-log-imports', 'src/events/log/a.ts', '../intake/b.js'],
  ['events-log-imports', 'src/events/log/redis/a.ts', '../../streams/b.js'],
  ['events-log-imports', 'src/events/log/sqlite/a.ts', '../../announce/b.js'],
  ['events-intake-imports', 'src/events/intake/a.ts', '../streams/b.js'],
  ['events-intake-imports', 'src/events/intake/a.ts', '../announce/b.js'],
  ['events-intake-imports', 'src/events/intake/a.ts', '../log/event-index.js'],
  ['events-announce-imports', 'src/events/announce/a.ts', '../intake/b.js'],
  ['events-announce-imports', 'src/events/announce/a.ts', '../streams/b.js'],
  ['events-streams-imports', 'src/events/streams/a.ts', '../intake/b.js'],
  ['events-streams-imports', 'src/events/streams/a.ts', '../announce/burst.js'],
  ['events-streams-imports', 'src/events/streams/a.ts', '../log/sqlite/b.js'],
  ['events-root-imports', 'src/events/a.ts', './log/event-log.js'],
  ['events-room-without-a-row', 'src/apps/a.ts', '../events/cellar/b.js'],
  ['adapters-behind-their-port', 'src/events/a.ts', './b.sqlite.js'],
  ['adapters-behind-their-port', 'src/apps/a.ts', '../events/b.memory.js'],
  ['entries-import-apps-only', 'src/a.ts', './kernel/b.js'],
  ['only-entries-import-apps', 'src/events/a.ts', '../apps/b.js'],
  ['room-without-a-row', 'src/apps/a.ts', '../cellar/b.js'],
  ['ioredis-in-redis-only', 'src/events/a.ts', 'ioredis'],
  ['no-insides-of-another-workspace', 'frontend/src/a.ts', '../../src/kernel/b.js'],
  ['no-insides-of-another-workspace', 'src/events/a.ts', '../../client/src/b.js'],
  ['panel-ui-imports-ui', 'frontend/src/ui/a.ts', '../events/entry.js'],
  ['panel-pages-import-no-page', 'frontend/src/streams/a.ts', '../overview/b.js'],
  ['panel-events-import-no-page', 'frontend/src/events/list/a.ts', '../../overview/b.js'],
  ['panel-events-import-no-page', 'frontend/src/events/a.ts', '../notify/b.js'],
  [
    'panel-list-and-filter-know-no-view-of-one-event',
    'frontend/src/events/list/a.ts',
    '../detail/b.js',
  ],
  [
    'panel-list-and-filter-know-no-view-of-one-event',
    'frontend/src/events/filter/a.ts',
    '../trace/b.js',
  ],
  ['client-core-stands-alone', 'client/src/a.ts', './shared/b.js'],
  ['no-tests-in-the-product', 'src/events/a.ts', './b.spec.js'],
  ['no-development-packages-in-the-product', 'src/events/a.ts', 'fast-check'],
  ['resolvable', 'src/events/a.ts', './nowhere.js'],
];

test('every forbidden import is found, by its rule', async () => {
  const files = { 'src/events/one.ts': ['./other.js'], 'src/events/other.ts': ['./one.js'] };
  const expected = ['no-cycles: src/events/one.ts'];
  for (const [index, [rule, path, target]] of wrong.entries()) {
    const file = join(dirname(path), `case-${index}-${basename(path)}`);
    files[file] = [target];
    if (target.startsWith('.') && rule !== 'resolvable') {
      files[join(dirname(file), target).replace(/js$/, 'ts')] ??= [];
    }
    expected.push(`${rule}: ${file}`);
  }
  const found = new Set(await broken(files));
  assert.deepEqual(
    expected.filter((violation) => !found.has(violation)),
    [],
  );
});
