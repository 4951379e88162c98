import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const HEARTBEAT_MS = 2_000;
const STALE_MS = 30_000;
const POLL_MS = 100;

/**
 * Runs `work` while this process alone holds the lock directory.
 *
 * Held means: the directory contains one file, named after its owner. Taking is
 * one rename of a prepared directory, which fails while another owner's file is
 * inside. A dead owner's file is removed by its exact name, so of two waiters
 * that both see a stale lock only one can remove it, and never a newer one.
 * @template T
 * @param {string} path of the lock directory
 * @param {() => Promise<T>} work
 * @param {(owner: string) => void} [onWait] called once when another process holds it
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  const me = `${process.pid}@${hostname()}@${randomUUID()}`;
  let told = false;
  while (!take(path, me)) {
    const owner = ownerOf(path);
    if (owner && isStale(path, owner)) quietly(() => unlinkSync(join(path, owner)));
    else {
      if (owner && !told) onWait?.(owner.split('@')[0]);
      told ||= owner !== undefined;
      await delay(POLL_MS);
    }
  }
  const beat = setInterval(() => quietly(() => touch(join(path, me))), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    quietly(() => unlinkSync(join(path, me)));
    quietly(() => rmdirSync(path));
  }
}

function take(path, me) {
  mkdirSync(dirname(path), { recursive: true });
  const prepared = `${path}.${me}`;
  mkdirSync(prepared);
  writeFileSync(join(prepared, me), '');
  try {
    renameSync(prepared, path);
    return true;
  } catch (error) {
    unlinkSync(join(prepared, me));
    rmdirSync(prepared);
    if (['ENOTEMPTY', 'EEXIST'].includes(error.code)) return false;
    throw error;
  }
}

function ownerOf(path) {
  return quietly(() => readdirSync(path)[0]);
}

/** Dead on this host, or (another host or container) without a heartbeat for long. */
function isStale(path, owner) {
  const [pid, host] = owner.split('@');
  if (host === hostname() && !isAlive(Number(pid))) return true;
  const age = quietly(() => Date.now() - statSync(join(path, owner)).mtimeMs);
  return age !== undefined && age > STALE_MS;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function touch(file) {
  const now = new Date();
  utimesSync(file, now, now);
}

/** The lock may change hands between any two calls; a vanished file is no fault here. */
function quietly(action) {
  try {
    return action();
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) return undefined;
    throw error;
  }
}
