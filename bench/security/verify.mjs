/** How fast `vx11 audit verify` checks an export, as its users run it. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { AuditKey } from '../../dist/audit/audit-key.js';
import { checkpointText, GENESIS, link } from '../../dist/audit/chain.js';
import { scratch } from '../lib/systems.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const CHECKPOINT = 1_000;

/** An export as the product writes it, with a signature after every thousand entries. */
export function madeExport(entries) {
  const key = new AuditKey('a-key-of-the-bench-that-is-long-enough-for-it');
  const lines = [];
  let head = { chain: 'k_bench', seq: 0, hash: GENESIS };
  const add = (draft) => {
    const { entry, text, hash } = link(head, draft);
    head = { chain: entry.chain, seq: entry.seq, hash };
    lines.push(`{"position":"${entry.seq}-0","hash":"${hash}",${text.slice(1)}\n`);
  };
  const time = '2026-01-01T00:00:00.000Z';
  const plain = { result: 'done', time, actor: 'ana', address: '192.0.2.1' };
  add({
    ...plain,
    action: 'audit.started',
    subject: 'k_bench',
    detail: { key: key.publicKey },
  });
  for (let n = 1; n < entries; n += 1) {
    if (n % CHECKPOINT === 0) {
      const at = { chain: head.chain, seq: head.seq + 1, prev: head.hash, time };
      const detail = { key: key.publicKey, signature: key.sign(checkpointText(at)) };
      add({ action: 'audit.checkpoint', result: 'done', time, detail });
    } else {
      add({
        ...plain,
        action: 'stream.opened',
        subject: `s_${n}`,
        correlation_id: `c_${n}`,
        detail: { credential: 'ephemeral', filter: '{"module":["shop"]}' },
      });
    }
  }
  return lines;
}

export async function measureVerify(rounds, entries, log) {
  const file = path.join(scratch, 'audit.jsonl');
  writeFileSync(file, madeExport(entries).join(''));
  const rates = [];
  for (let n = 1; n <= rounds; n += 1) {
    const startedAt = performance.now();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.join(root, 'dist/vx11.js'), 'audit', 'verify', '--file', file],
      { maxBuffer: 2 ** 26 },
    );
    const line = /^(\d+) entries .*, (\d+) a second: (.*)$/m.exec(stdout);
    const wholeCommand = entries / ((performance.now() - startedAt) / 1000);
    log(
      `round ${n}: ${line?.[0] ?? stdout}; the whole command ${wholeCommand.toFixed(0)} a second`,
    );
    if (line?.[3] !== 'nothing is missing or changed.') throw new Error(stdout);
    rates.push({ verify: Number(line[2]), wholeCommand });
  }
  return {
    entries,
    slowest_per_s: Math.min(...rates.map(({ verify }) => verify)),
    slowest_command_per_s: Math.min(...rates.map(({ wholeCommand }) => wholeCommand)),
  };
}
