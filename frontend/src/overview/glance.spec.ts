import { allIsWell, concerns } from './glance.js';
import type { Service } from './service.js';
import type { Column, Summary } from './summary.js';

const UP: Service[] = [
  { name: 'madre', status: 'up' },
  { name: 'redis', status: 'embedded' },
];
const SINCE = '2026-01-01T03:00:00Z';
const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19);

function summary(values: { issued?: Column; issue?: Column; success?: Column } = {}): Summary {
  const none: Column = [null];
  const latency = { p50: none, p99: none };
  return {
    instances: 1,
    interval_sec: 5,
    window_sec: 900,
    smoothing_sec: 60,
    at: [0],
    issued_per_sec: values.issued ?? [1],
    published_per_sec: [0],
    deliveries_per_sec: [0],
    active_tokens: [1],
    streams: { ephemeral: [1], principal: [0] },
    adoption: [1],
    validation_success: values.success ?? [1],
    latency_ms: {
      issue: { p50: none, p99: values.issue ?? [1] },
      validation: latency,
      open: { p50: none, p99: [1] },
      delivery: { p50: none, p99: [1] },
    },
  };
}

describe('the overview at a glance', () => {
  it('says that all is well, and counts the services', () => {
    expect(concerns(UP, summary(), clock)).toEqual([]);
    expect(allIsWell(UP, summary())).toBe(
      'All 2 services are up, and no figure is beyond its limits.',
    );
  });

  it('does not count a figure without data as good', () => {
    expect(allIsWell(UP, summary({ issue: [null], success: [null] }))).toMatch(
      /2 figures have too little data to be judged\.$/,
    );
  });

  it('names what is wrong, the worst first, with its limit and its runbook', () => {
    const services = [...UP, { name: 'hermes', status: 'down', since: SINCE }];
    expect(concerns(services, summary({ issued: [9, 101], success: [0.985] }), clock)).toEqual([
      { tone: 'bad', what: 'hermes', matter: 'is down, since 03:00:00' },
      {
        tone: 'bad',
        what: 'Tokens issued',
        matter: '101/s issued, alert above 100/s',
        runbook: 'HighEphemeralTokenRequestRate',
      },
      {
        tone: 'wait',
        what: 'Validation success',
        matter: '98.5 % success, SLO above 99 %',
        runbook: 'HighTokenValidationFailureRate',
      },
    ]);
  });

  it('mentions a service whose state is unknown', () => {
    const unknown = { name: 'switch', status: 'unknown' };
    expect(concerns([unknown], summary(), clock)).toEqual([
      { tone: 'off', what: 'switch', matter: 'is unknown' },
    ]);
  });
});
