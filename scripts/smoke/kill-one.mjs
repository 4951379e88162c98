import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Stop } from '../lib/bootstrap.mjs';

/** Kills the system's own child that runs this entry with SIGKILL; returns when. Linux only: /proc. */
export function kill(system, entry, argument = '') {
  return signal(system, entry, 'SIGKILL', argument);
}

/** As `kill`, with any signal. */
export function signal({ pid }, entry, name, argument = '') {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const found = children.find((child) => {
    const line = readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0');
    return line.some((word) => basename(word) === entry) && line.includes(argument);
  });
  if (!found) throw new Stop(`${entry} is not running.`);
  process.kill(Number(found), name);
  return performance.now();
}
