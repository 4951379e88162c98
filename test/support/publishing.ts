import type { Caller } from './caller.js';
import type { Answer } from './http.js';

export const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
export const BATCH = { 'content-type': 'application/cloudevents-batch+json' };
export const PLAIN = { 'content-type': 'application/json' };

/** Sends these bytes with these headers to the publishing route. */
export function publishRaw(
  caller: Caller,
  headers: Record<string, string>,
  body: string | Buffer | object,
): Promise<Answer> {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return caller.post('/events', bytes, headers);
}

/** The newest event that somebody published; the system's own come whenever they like. */
export async function newestTaken(caller: Caller): Promise<string | undefined> {
  const { json } = await caller.api('/events?limit=500');
  const events = json.events as { source: string; position: string }[];
  return events.findLast(({ source }) => source !== '/operator-backend')?.position;
}

/** The request is refused with this status and code, naming this field, and nothing was taken. */
export async function expectRefused(
  caller: Caller,
  request: () => Promise<Answer>,
  status: number,
  code: string,
  field?: string,
): Promise<void> {
  const before = await newestTaken(caller);
  const { json, ...refusal } = await request();
  expect([refusal.status, json.code]).toEqual([status, code]);
  const fields = (json.errors ?? []).map((error: { field: string }) => error.field);
  expect(fields).toEqual(expect.arrayContaining(field === undefined ? [] : [field]));
  expect(await newestTaken(caller)).toBe(before);
}
