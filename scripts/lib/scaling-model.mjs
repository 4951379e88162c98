/**
 * What one instance, one process of the gateway and one Redis were measured to take.
 * How: docs/operational/SCALING_GUIDE_EPHEMERAL_TOKENS.md, "What was measured". Put your own figures in.
 */
export const measured = {
  instance: {
    baseMiB: 143,
    streamKiB: 56.3,
    /** CPU, µs. Of one write to one socket, which may hold several events; and of one more event in it. */
    writeUs: 12.05,
    deliveryUs: 0.13,
    issueUs: 205,
    openUs: 548,
    /** Of an event that another instance has accepted, before it is written to anybody. */
    followUs: 14,
  },
  gateway: {
    baseMiB: 135,
    streamKiB: 44.8,
    writeUs: 22.8,
    /** Of an issue and an opening. */
    openUs: 1193,
  },
  redis: {
    issueUs: 45,
    openUs: 43,
    appendUs: 18,
    /** Of one event for each instance that reads it. */
    readUs: 0.7,
    tokenBytes: 819,
    /** In the log, and remembered against duplicates. */
    eventBytes: 550,
  },
};

/** What the product does by itself; the settings are the defaults. */
const product = {
  /** A busy stream is written to at most every 13 ms: PERIOD_MS of the hub, docs/adr/0008. */
  writesPerS: 1_000 / 13,
  heartbeatS: 15,
  /** VX11_STREAM_MAX_AGE, of which a stream lives a random 80 to 100 %. */
  maxAgeS: 3_600,
  livesShare: 0.9,
  /** VX11_STREAMS_MAX, and VX11_GATEWAY_CONNECTIONS. */
  streamsPerInstance: 20_000,
  streamsPerGateway: 12_000,
  /** VX11_EVENT_LOG_LENGTH. */
  logLength: 100_000,
  rememberedS: 600,
  /** A token lives 60 s, and how it ended is known for 600 more. */
  tokenS: 660,
  /** Each instance sends one message a second over the bus, and every instance reads it. */
  busMessagesPerS: 1,
  /** Clients come back after a random part of the first second. */
  spreadS: 1,
};

/** @typedef {object} Load
 * @property {number} streams
 * @property {number} eventsPerS accepted, of all publishers
 * @property {number} share of the events that one stream gets, 0 to 1
 * @property {number} eventBytes of one event on the wire
 * @property {number} [churnS] how long a client stays; absent: it never leaves by itself
 */

/** How full an instance, and a Redis, may be in calm times. The rest is for storms. */
const FULL = { instance: 0.5, gateway: 0.5, redis: 0.5 };
/** Instances more than the load needs: one may be down while another is restarted. */
const SPARE = 2;

const seconds = (us) => us / 1e6;

/**
 * How much of everything a load needs.
 * @param {Load} load
 */
export function planFor(load, { instance, gateway, redis } = measured) {
  const { streams, eventsPerS, share, eventBytes, churnS = Infinity } = load;
  const deliveriesPerS = eventsPerS * share;
  const writesPerS = Math.min(deliveriesPerS, product.writesPerS) + 1 / product.heartbeatS;
  // Streams end of age, and clients leave and come: each time a token and an opening.
  const opensPerS = streams * (1 / (product.maxAgeS * product.livesShare) + 1 / churnS);

  const streamCores = seconds(writesPerS * instance.writeUs + deliveriesPerS * instance.deliveryUs);
  const openCores = seconds(instance.issueUs + instance.openUs);
  const followCores = seconds(eventsPerS * instance.followUs);
  const shared = streams * streamCores + opensPerS * openCores;
  // Every instance reads every event, whatever their number: what is left of it carries streams.
  const leftCores = FULL.instance - followCores;
  const possible = leftCores > 0;
  const needed = possible
    ? Math.max(1, Math.ceil(streams / product.streamsPerInstance), Math.ceil(shared / leftCores))
    : NaN;
  const instances = needed + SPARE;
  const instanceLoad = shared / instances + followCores;

  const gatewayCores =
    streams * seconds(writesPerS * gateway.writeUs) + opensPerS * seconds(gateway.openUs);
  const gateways =
    Math.max(
      Math.ceil(streams / product.streamsPerGateway),
      Math.ceil(gatewayCores / FULL.gateway),
    ) + 1;

  const perEventUs = redis.appendUs + instances * redis.readUs;
  const logCores = seconds((eventsPerS + instances * product.busMessagesPerS) * perEventUs);
  const tokenCores = opensPerS * seconds(redis.issueUs + redis.openUs);
  const tokenShards = Math.max(1, Math.ceil(tokenCores / FULL.redis));
  const redisBytes =
    opensPerS * product.tokenS * redis.tokenBytes +
    Math.max(product.logLength, eventsPerS * product.rememberedS) * redis.eventBytes;

  /** Seconds until so many streams are open again, on so many instances. */
  const storm = (count, on) =>
    Math.max(
      product.spreadS,
      (count * openCores) / (on * (1 - instanceLoad)),
      (count * seconds(gateway.openUs)) / (gateways * (1 - FULL.gateway)),
      (count * seconds(redis.issueUs + redis.openUs)) / (tokenShards * (1 - FULL.redis)),
    );
  return {
    possible: possible && logCores <= FULL.redis,
    deliveriesPerS: streams * deliveriesPerS,
    opensPerS,
    instances,
    instanceCores: instances * instanceLoad,
    instanceGiB: (instances * instance.baseMiB + (streams * instance.streamKiB) / 1024) / 1024,
    gateways,
    gatewayCores,
    gatewayGiB: (gateways * gateway.baseMiB + (streams * gateway.streamKiB) / 1024) / 1024,
    /** One for the log, which is one key, and those for the tokens. */
    redisShards: 1 + tokenShards,
    logCores,
    tokenCores,
    /** Above it the log's one Redis is too full. */
    mostEventsPerS: (FULL.redis * 1e6) / perEventUs - instances * product.busMessagesPerS,
    redisMiB: redisBytes / 2 ** 20,
    redisOutMbitPerS: (eventsPerS * eventBytes * instances * 8) / 1e6,
    stormOneInstanceS: storm(streams / instances, instances - 1),
    stormAllS: storm(streams, instances),
  };
}

/** What the command takes unless told otherwise; the table of the guide. */
export const defaults = {
  streams: '1000,10000,100000,1000000',
  events: '100',
  share: '0.05',
  bytes: '500',
};

/** @returns {Load[]} one for each number of streams */
export function loadsOf({ streams, events, share, bytes, stays } = defaults) {
  return streams.split(',').map((count) => ({
    streams: Number(count),
    eventsPerS: Number(events),
    share: Number(share),
    eventBytes: Number(bytes),
    ...(stays === undefined ? {} : { churnS: Number(stays) }),
  }));
}

const COLUMNS = [
  ['streams', (_, { streams }) => whole(streams)],
  ['deliveries/s', ({ deliveriesPerS }) => whole(deliveriesPerS)],
  ['tokens/s', ({ opensPerS }) => whole(opensPerS)],
  ['instances', ({ instances }) => whole(instances)],
  ['their cores', ({ instanceCores }) => instanceCores.toFixed(1)],
  ['their GiB', ({ instanceGiB }) => instanceGiB.toFixed(1)],
  ['gateway processes', ({ gateways }) => whole(gateways)],
  ['their cores', ({ gatewayCores }) => gatewayCores.toFixed(1)],
  ['their GiB', ({ gatewayGiB }) => gatewayGiB.toFixed(1)],
  ['Redis shards', ({ redisShards }) => whole(redisShards)],
  ["the log's core", ({ logCores }) => `${(logCores * 100).toFixed(1)} %`],
  ['Redis MiB', ({ redisMiB }) => whole(redisMiB)],
  ['Redis Mbit/s', ({ redisOutMbitPerS }) => redisOutMbitPerS.toFixed(1)],
  ['one instance dies, s', ({ stormOneInstanceS }) => stormOneInstanceS.toFixed(1)],
  ['all reconnect, s', ({ stormAllS }) => stormAllS.toFixed(1)],
];

/** The plans for these loads, one a row, as a table of Markdown. */
export function table(loads, figures = measured) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    row(COLUMNS.map(([title]) => title)),
    row(COLUMNS.map(() => '--:')),
    ...loads.map((load) => {
      const plan = planFor(load, figures);
      if (!plan.possible) return row([whole(load.streams), 'too many events for one log']);
      return row(COLUMNS.map(([, cell]) => cell(plan, load)));
    }),
  ].join('\n');
}

function whole(number) {
  return Math.ceil(number).toLocaleString('en');
}
