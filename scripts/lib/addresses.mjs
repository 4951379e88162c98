import { once } from 'node:events';
import { createServer } from 'node:net';
import { Stop } from './stop.mjs';

/** The port of a row: its variable, else its default; and so many further. */
export function portOf(row, env) {
  return Number(env[row.portVariable] || row.port) + (row.portOffset ?? 0);
}

/** The address to open a row's process at from this machine. */
export function baseUrlOf(row, env) {
  const host = env.VX11_HOST || '127.0.0.1';
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  return `${row.scheme ?? 'http'}://${name}:${portOf(row, env)}`;
}

/**
 * Finds out before anything starts whether each process can listen.
 * @throws Stop naming the process, the port and the variable to change
 */
export async function checkPorts(rows, env) {
  const taken = new Map();
  const listening = rows.filter(({ portVariable }) => portVariable);
  for (const row of listening) {
    const port = portOf(row, env);
    if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
      throw new Stop(
        `${row.portVariable} must be a port from 1 to 65535, not "${env[row.portVariable]}".`,
      );
    }
    if (taken.has(port)) {
      throw new Stop(
        `${row.name} and ${taken.get(port).name} both have port ${port}. ` +
          `Change ${row.portVariable} or ${taken.get(port).portVariable}.`,
      );
    }
    taken.set(port, row);
  }
  await Promise.all(listening.map((row) => checkPort(row, env)));
}

async function checkPort(row, env) {
  const port = portOf(row, env);
  const host = env.VX11_HOST || '127.0.0.1';
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    throw new Stop(explain(error.code, row, port, host, env) ?? `${row.name}: ${error.message}`);
  }
  probe.close();
  await once(probe, 'close');
}

function explain(code, row, port, host, env) {
  switch (code) {
    case 'EADDRINUSE': {
      const other = port + 10_000 > 65_535 ? port - 1_000 : port + 10_000;
      const command =
        env.npm_lifecycle_event === 'start:cluster' ? 'npm run start:cluster' : 'npm start';
      return (
        `Port ${port} is in use, and ${row.name} needs it.\n` +
        `Stop the process that has it (is another npm start running?), or choose another port: ${row.portVariable}=${other - (row.portOffset ?? 0)} ${command}` +
        (row.hint ? `,\n${row.hint}` : '')
      );
    }
    case 'EACCES':
      return `This user may not listen on port ${port}. Choose one above 1023 with ${row.portVariable}.`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
      return `VX11_HOST=${host} is not an address of this machine.`;
    default:
      return undefined;
  }
}
