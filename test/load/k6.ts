/*
 * Load with k6, for teams that have it. NOT RUN in this repository: k6 is not part of its
 * tests, only the types are checked (`npm run typecheck`). The Locust file is the one that
 * is run.
 *
 *   VX11_URL=http://127.0.0.1:8000 VX11_TOKEN=... k6 run test/load/k6.ts
 *
 * k6 reads a response to its end, so streams are opened with `follow=false`: token, replay,
 * end.
 */
import { check, sleep } from 'k6';
import http from 'k6/http';
import type { Options } from 'k6/options';

export const options: Options = {
  scenarios: {
    readers: { executor: 'constant-vus', vus: 100, duration: '2m', exec: 'read' },
    publishers: {
      executor: 'constant-arrival-rate',
      rate: 20,
      timeUnit: '1s',
      duration: '2m',
      preAllocatedVUs: 10,
      exec: 'publish',
    },
  },
  // The objectives of helm/vx11-operator/files/thresholds.json, milliseconds and shares.
  thresholds: {
    'http_req_duration{name:issue}': ['p(99)<50'],
    'http_req_waiting{name:open}': ['p(99)<500'],
    http_req_failed: ['rate<0.01'],
  },
};

const url = __ENV['VX11_URL'] ?? 'http://127.0.0.1:8000';
const headers = { 'X-VX11-Token': __ENV['VX11_TOKEN'] ?? '' };

export function read(): void {
  const issued = http.post(`${url}/operator/api/events/sse-token`, null, {
    headers,
    tags: { name: 'issue' },
  });
  if (!check(issued, { 'a token is issued': ({ status }) => status === 200 })) return;
  const { sse_token: token } = issued.json() as { sse_token: string };
  const stream = http.get(`${url}/operator/api/events/stream?follow=false&token=${token}`, {
    tags: { name: 'open' },
  });
  check(stream, { 'the stream opens': ({ status }) => status === 200 });
  sleep(1);
}

export function publish(): void {
  const event = {
    event_type: 'load.test',
    module: 'k6',
    severity: 'info',
    summary: 'Load test',
  };
  const answer = http.post(`${url}/operator/api/events`, JSON.stringify(event), {
    headers: { ...headers, 'Content-Type': 'application/json' },
    tags: { name: 'publish' },
  });
  check(answer, { 'the event is kept': ({ status }) => status === 202 });
}
