/**
 * Who may import whom: docs/concepts/architecture.md as rules.
 * A room is a directory of src/. `rooms` may be imported as they are; of other rooms,
 * only the files named in `files`. `adapters` names a room that only the adapters of
 * one kind may import.
 */
const rooms = {
  kernel: {},
  config: { rooms: ['kernel'] },
  http: { rooms: ['kernel', 'config'] },
  redis: { rooms: ['kernel', 'config'] },
  sqlite: {},
  instances: { rooms: ['kernel', 'config'], adapters: { redis: 'redis', module: 'redis' } },
  audit: {
    rooms: ['instances', 'kernel', 'config', 'http'],
    adapters: { redis: 'redis', sqlite: 'sqlite', module: 'redis' },
  },
  'audit-api': { rooms: ['audit', 'auth', 'kernel', 'config', 'http'] },
  'token-cache': {
    rooms: ['instances', 'kernel', 'config'],
    adapters: { redis: 'redis', module: 'redis' },
  },
  auth: {
    rooms: ['token-cache', 'audit', 'instances', 'kernel', 'config', 'http'],
    adapters: { redis: 'redis', module: 'redis' },
  },
  events: {
    rooms: ['auth', 'audit', 'instances', 'kernel', 'config', 'http'],
    adapters: { redis: 'redis', sqlite: 'sqlite', module: 'redis' },
  },
  gateway: {
    rooms: ['kernel', 'config', 'http'],
    files: ['auth/access', 'auth/principal.guard', 'auth/stream.guard', 'auth/principal-rights'],
  },
  health: {
    rooms: ['instances', 'kernel', 'config', 'http'],
    files: [
      'auth/access',
      'auth/credentials',
      'auth/refusals',
      'auth/token-verifier',
      'events/announce/system-events',
      'events/log/event-log',
      'gateway/open-streams',
      'token-cache/token-cache',
    ],
  },
  metrics: {
    rooms: ['kernel', 'config', 'http'],
    files: [
      'audit/audit-metrics',
      'auth/access',
      'auth/security-events',
      'auth/token-metrics',
      'events/end-reason',
      'events/event',
      'events/event-metrics',
      'events/log/event-log',
      'events/streams/stream-counts',
      'gateway/gateway-metrics',
      'health/canary-metrics',
      'health/summary-source',
      'token-cache/token-cache',
      'token-cache/token-cache-metrics',
      'watch/watch-metrics',
    ],
  },
  watch: {
    rooms: ['audit', 'instances', 'kernel', 'config'],
    files: ['auth/security-events'],
  },
  tracing: {
    rooms: ['kernel', 'config'],
    files: ['events/event', 'events/event-tracing', 'http/http-tracing'],
  },
};

/**
 * The inner rooms of events, and the files of other inner rooms that each may import.
 * All of them may import the files that lie directly in events.
 */
const eventsRooms = {
  log: [],
  intake: [
    'log/event-log',
    'log/principal-reads',
    'log/search-log',
    'log/count-events',
    'log/text-search',
  ],
  announce: ['log/event-log'],
  streams: ['log/event-log', 'log/gap', 'log/principal-reads', 'announce/system-events'],
};

const ADAPTER = '[.](memory|otlp|file|sqlite|redis|prometheus|layered|log|http)[.]ts$';
const SPEC = '[.]spec[.]ts$';

/** The table's row of one room: everything else inside src/ is forbidden. */
function row([room, { rooms: others = [], files = [], adapters = {} }]) {
  const allowed = [room, ...others].map((name) => `^src/${name}/`);
  const inside = files.map((file) => path(file));
  const rule = (name, from, pathNot, targets) => ({
    name,
    comment: `See the row "${room}" of "Who may import whom" in docs/concepts/architecture.md.`,
    severity: 'error',
    from: { path: from, pathNot },
    to: { path: '^src/', pathNot: targets },
  });
  // An adapter is a file with the suffix, or any file in a folder of that name.
  const adapter = (suffix) => `([.]${suffix}[.]ts$|/${suffix}/)`;
  const suffixes = Object.keys(adapters).map((suffix) => `^src/${room}/.*${adapter(suffix)}`);
  return [
    rule(`${room}-imports`, `^src/${room}/`, [SPEC, ...suffixes], [...allowed, ...inside]),
    ...Object.entries(adapters).map(([suffix, target]) =>
      rule(
        `${room}-${suffix}-adapter-imports`,
        `^src/${room}/.*${adapter(suffix)}`,
        [SPEC],
        [...allowed, ...inside, `^src/${target}/`],
      ),
    ),
  ];
}

/** The row of one inner room of events: everything else inside src/events/ is forbidden. */
function innerRow([room, files]) {
  return {
    name: `events-${room}-imports`,
    comment: `See "Inside events" in docs/concepts/architecture.md.`,
    severity: 'error',
    from: { path: `^src/events/${room}/`, pathNot: SPEC },
    to: {
      path: '^src/events/',
      pathNot: [
        `^src/events/${room}/`,
        '^src/events/[^/]+[.]ts$',
        ...files.map((file) => path(`events/${file}`)),
      ],
    },
  };
}

function path(file) {
  return `^src/${file.replaceAll('.', '[.]')}[.]ts$`;
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(rooms).flatMap(row),
    ...Object.entries(eventsRooms).map(innerRow),
    {
      name: 'events-root-imports',
      comment: 'What the inner rooms share knows none of them.',
      severity: 'error',
      from: { path: '^src/events/[^/]+[.]ts$', pathNot: SPEC },
      to: { path: '^src/events/[^/]+/' },
    },
    {
      name: 'events-room-without-a-row',
      comment: 'A new inner room of events needs a row in the table above.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '^src/events/[^/]+/',
        pathNot: Object.keys(eventsRooms).map((name) => `^src/events/${name}/`),
      },
    },
    {
      name: 'room-without-a-row',
      comment: 'A new room needs a row in the table above.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: [...Object.keys(rooms), 'apps', 'cli'].map((name) => `^src/${name}/`),
      },
    },
    {
      name: 'kernel-without-nest',
      comment: 'The kernel is plain TypeScript: it outlives any framework.',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: SPEC },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'entries-import-apps-only',
      severity: 'error',
      from: { path: '^src/[^/]+[.]ts$' },
      to: { path: '^src/', pathNot: '^src/apps/' },
    },
    {
      name: 'only-entries-import-apps',
      comment: 'A room that needs an app has its dependency the wrong way round.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: ['^src/(apps|cli)/', SPEC] },
      to: { path: '^src/(apps|cli)/' },
    },
    {
      name: 'adapters-behind-their-port',
      comment: 'Depend on the port; a module decides which adapter stands behind it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['[.]module[.]ts$', SPEC, ADAPTER] },
      to: { path: `^src/.*${ADAPTER}` },
    },
    {
      name: 'adapters-of-one-kind',
      comment: 'An adapter may have parts of its own kind; another kind is behind its port.',
      severity: 'error',
      from: { path: `^src/.*${ADAPTER}` },
      to: { path: `^src/.*${ADAPTER}`, pathNot: '[.]$1[.]ts$' },
    },
    {
      name: 'ioredis-in-redis-only',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/redis/', '[.]redis([.]spec)?[.]ts$', '/redis/'] },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'no-insides-of-another-workspace',
      comment: 'Use the package by its name: what it exports is what may be relied on.',
      severity: 'error',
      from: { path: '^(src|client|frontend)/' },
      to: { path: '^(src|client|frontend)/', pathNot: ['^$1/', '^client/dist/'] },
    },
    {
      name: 'panel-ui-imports-ui',
      comment: 'Icons, menus and times are used by every room of the panel and know none of them.',
      severity: 'error',
      from: { path: '^frontend/src/ui/' },
      to: { path: '^frontend/src/', pathNot: '^frontend/src/ui/' },
    },
    {
      name: 'panel-pages-import-no-page',
      comment: 'What two pages need belongs to session/, ui/ or events/.',
      severity: 'error',
      from: { path: '^frontend/src/(overview|streams|principals|audit|runbooks)/' },
      to: {
        path: '^frontend/src/(overview|streams|principals|audit|runbooks)/',
        pathNot: '^frontend/src/$1/',
      },
    },
    {
      name: 'panel-events-import-no-page',
      comment: 'The events are what the other pages are made of, not the other way round.',
      severity: 'error',
      from: { path: '^frontend/src/events/' },
      to: { path: '^frontend/src/(overview|streams|principals|audit|runbooks|notify)/' },
    },
    {
      name: 'panel-list-and-filter-know-no-view-of-one-event',
      comment:
        'The list and its filter are the base: details, timeline and traces are built on them.',
      severity: 'error',
      from: { path: '^frontend/src/events/(list|filter)/' },
      to: { path: '^frontend/src/events/(detail|timeline|trace)/' },
    },
    {
      name: 'client-core-stands-alone',
      comment: 'The core stays below 6 kB: sharing, React and the store are entries on top of it.',
      severity: 'error',
      from: {
        path: '^client/src/[^/]+[.]ts$',
        pathNot: ['[.]spec[.]ts$', '^client/src/react[.]ts$'],
      },
      to: { path: ['^client/src/shared/', '^client/src/(react|store|raw)[.]ts$'] },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: ['^(test|bench)/', SPEC] },
    },
    {
      name: 'no-development-packages-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
