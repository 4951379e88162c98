// Built from concurrently's parts: Command (spawn, output streams, close events,
// IPC) and Logger (prefixes, colours). Its ready-made flow is not used where it
// does not fit a long-lived system:
// - `restartTries` with exponential delay has no ceiling and never starts afresh
//   after a good spell, so restarting is done here;
// - `killOthersOn` and its signal handling kill by `ps` (absent on slim systems),
//   without an end to waiting on Ctrl-C, so a process group is signalled here;
// - its shell between parent and child would swallow the child's exit code.
import { Command, Logger } from 'concurrently';
import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { filter, firstValueFrom, map, merge, race } from 'rxjs';
import { baseUrlOf, checkPorts, portOf } from './addresses.mjs';
import { banner, frontOf, frontRow, signInState } from './banner.mjs';
import { printOutput } from './output.mjs';
import { Reserve } from './reserve.mjs';
import { withoutSecrets } from './secrets.mjs';
import { loadSettings } from './settings.mjs';
import { inTurn } from './turn.mjs';

const FOLLOW = new URL('follow-parent.mjs', import.meta.url).href;
const DRAIN_MARGIN_MS = 3_000;
/** Taken from the margin: the others still have the whole drain window after it. */
const FIRST_TO_END_MS = 1_500;
const FIRST_RESTART_MS = 500;
const SLOWEST_RESTART_MS = 30_000;
/** A process that lived this long has recovered: its next crash starts the backoff afresh. */
const GOOD_SPELL_SECONDS = 60;
/** In development nobody waits for a drain. */
const RESTART_GRACE_MS = 100;
const PROBE_MS = 50;
const PROBE_TIMEOUT_MS = 2_000;
const WAITING_NOTICE_MS = 10_000;
/** A terminal's Ctrl-C reaches us directly and again through npm; later ones are meant. */
const SAME_KEYPRESS_MS = 500;

/** How long to wait before the restart after the given number of crashes in a row (1, 2, …). */
export function restartDelay(crashes) {
  return Math.min(SLOWEST_RESTART_MS, FIRST_RESTART_MS * 2 ** (crashes - 1));
}

/**
 * Runs the processes until a signal ends them, restarting those that crash.
 * @param {string} root
 * @param {import('./processes.mjs').ProcessRow[]} rows
 * @param {(restart: (name: string) => void) => void} [onChange] for development: given what
 *   restarts a process at once. A process that fails to start then waits for it, and ends nothing.
 * @returns {Promise<number>} exit code: 0 after an orderly end
 * @throws Stop when a port is not free
 */
export async function supervise(root, rows, onChange) {
  loadSettings(root);
  const port = portOf(frontRow(rows), process.env);
  const supervisor = await inTurn(
    root,
    `start-${port}`,
    () => start(root, rows, onChange),
    () => console.log(`Waiting for another start on port ${port}.`),
  );
  return supervisor.ended;
}

/**
 * Resolves when all processes are up, or the start has failed. Until then it has to be the only
 * one: a second start would find the ports still free, take the answers of the first one's
 * processes for those of its own, and start its own again and again.
 */
async function start(root, rows, onChange) {
  await checkPorts([...rows, ...rows.flatMap(({ alsoListens = [] }) => alsoListens)], process.env);
  const supervisor = new Supervisor(root, rows, onChange);
  await Promise.race([supervisor.run(), supervisor.ended]);
  return supervisor;
}

class Supervisor {
  #root;
  #rows;
  #commands;
  #logger = new Logger({});
  /** Name → promise of its first readiness; a failed first start ends everything instead. */
  #firstUp = new Map();
  #ready = new Set();
  #crashes = new Map();
  /** Names of those that were asked to end so that they start again. */
  #restarting = new Set();
  /** By name, what starts the next process of it in reserve. */
  #prepare = new Map();
  #onChange;
  #ended = Promise.withResolvers();
  #stopping = false;

  constructor(root, rows, onChange) {
    this.#root = root;
    this.#rows = rows;
    this.#onChange = onChange;
    this.#commands = rows.map((row, index) => this.#command(row, index));
    printOutput(this.#logger, this.#commands);
  }

  /** Resolves with the exit code. */
  get ended() {
    return this.#ended.promise;
  }

  /** Starts the processes. Resolves when all of them are up and the banner is shown. */
  async run() {
    const signIn = signInState(this.#root, process.env);
    this.#listenForSignals();
    for (const { name } of this.#rows) this.#firstUp.set(name, Promise.withResolvers());
    this.#rows.forEach((row, index) => void this.#bringUp(row, this.#commands[index]));
    // What the first compilation writes is no change.
    const compilers = this.#rows.filter(({ readyLine }) => readyLine);
    void this.#allUp(compilers.map(({ name }) => name)).then(() =>
      this.#onChange?.((name) => this.#restart(name)),
    );
    await this.#allUp(this.#rows.map(({ name }) => name));
    const state = await signIn(frontOf(this.#rows, process.env));
    console.log(banner(this.#rows, process.env, state));
  }

  #allUp(names) {
    return Promise.all(names.map((name) => this.#firstUp.get(name).promise));
  }

  #command(row, index) {
    const reserve = new Reserve();
    const command = new Command(
      { index, name: row.name, command: row.entry, prefixColor: row.colour, ipc: 3 },
      {
        cwd: this.#root,
        // They write to a pipe, so only we know whether a person reads it.
        env: { ...withoutSecrets(process.env, row), ...readable(), ...row.env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // Its own process group: Ctrl-C reaches it through us only, and the group
        // can be ended with everything that the process has started.
        detached: true,
      },
      (entry, options) => {
        const start = (...files) =>
          spawn(
            process.execPath,
            ['--enable-source-maps', '--import', FOLLOW, ...files, ...(row.args ?? [])],
            options,
          );
        if (!row.reserve) return start(entry);
        this.#prepare.set(row.name, () => reserve.prepare((standby) => start(standby, entry)));
        return reserve.take() ?? start(entry);
      },
      signalGroup,
    );
    command.error.subscribe((error) => this.#logger.logCommandEvent(String(error), command));
    command.close.subscribe((event) => this.#onClose(row, event));
    return command;
  }

  async #bringUp(row, command) {
    await this.#allUp(row.needs);
    if (this.#stopping) return;
    command.start();
    if (!(await this.#becomesHealthy(row, command))) return;
    if (this.#ready.has(row.name)) this.#say(`${row.name} is up again.`);
    this.#ready.add(row.name);
    this.#firstUp.get(row.name).resolve();
    this.#prepare.get(row.name)?.();
  }

  /** Resolves with true once it answers 200, with false when this run of it has ended before. */
  async #becomesHealthy(row, command) {
    if (row.readyLine) return this.#writes(command, row.readyLine);
    const url = baseUrlOf(row, process.env) + row.health;
    const { pid } = command;
    let nextNotice = Date.now() + WAITING_NOTICE_MS;
    while (Command.canKill(command) && command.pid === pid) {
      const answer = await (row.probe ?? probe)(url);
      if (answer === 'ok') return true;
      if (Date.now() > nextNotice) {
        nextNotice += WAITING_NOTICE_MS;
        this.#say(`Waiting for ${row.name} at ${url}: ${answer}.`);
      }
      await delay(PROBE_MS);
    }
    return false;
  }

  /** Resolves with true once the pattern is in its output, with false when it has ended. */
  #writes(command, pattern) {
    let text = '';
    const seen = merge(command.stdout, command.stderr).pipe(
      map((chunk) => (text += chunk)),
      filter(() => pattern.test(text)),
      map(() => true),
    );
    return firstValueFrom(race(seen, command.close.pipe(map(() => false))));
  }

  #onClose(row, { command, exitCode, timings }) {
    if (this.#stopping) return;
    const { name } = row;
    if (this.#restarting.delete(name)) {
      void this.#bringUp(row, command);
      return;
    }
    if (this.#onChange) {
      this.#say(`${name} ended with ${exitCode}; it starts again when a file of it changes.`);
      return;
    }
    if (!this.#ready.has(name)) {
      this.#say(`${name} ended with ${exitCode} before it was ready. Its last lines say why.`);
      void this.#stop(1);
      return;
    }
    const recovered = timings.durationSeconds >= GOOD_SPELL_SECONDS;
    const crashes = recovered ? 1 : (this.#crashes.get(name) ?? 0) + 1;
    this.#crashes.set(name, crashes);
    const wait = restartDelay(crashes);
    this.#say(`${name} ended with ${exitCode}; starting it again in ${wait / 1_000} s.`);
    setTimeout(() => void this.#bringUp(row, command), wait);
  }

  /** Ends the process quickly, or starts it when it is not there. */
  #restart(name) {
    if (this.#stopping || this.#restarting.has(name)) return;
    const index = this.#rows.findIndex((row) => row.name === name);
    const command = this.#commands[index];
    if (!Command.canKill(command)) {
      void this.#bringUp(this.#rows[index], command);
      return;
    }
    this.#restarting.add(name);
    command.kill('SIGTERM');
    const { pid } = command;
    setTimeout(() => command.pid === pid && signalGroup(pid, 'SIGKILL'), RESTART_GRACE_MS);
  }

  #listenForSignals() {
    let first;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        first ??= Date.now();
        if (Date.now() - first > SAME_KEYPRESS_MS) this.#kill();
        else void this.#stop(0);
      });
    }
    // `npm start | head`: nobody sees a crash or a restart any more.
    for (const output of [process.stdout, process.stderr]) {
      output.on('error', (error) => {
        if (error.code !== 'EPIPE') throw error;
        void this.#stop(0);
      });
    }
  }

  /** Asks all processes to end, and ends those that are still there after the drain window. */
  async #stop(exitCode) {
    if (this.#stopping) return;
    this.#stopping = true;
    const seconds = Number(process.env.VX11_DRAIN_SECONDS || 10);
    const running = this.#running();
    if (running.length > 0) {
      const names = running.map(({ name }) => name).join(', ');
      this.#say(`Stopping ${names}, in at most ${seconds} s. Ctrl-C again: at once.`);
    }
    const tooLate = setTimeout(() => this.#kill(), seconds * 1_000 + DRAIN_MARGIN_MS);
    // Subscribed before anything is asked to end: one may also end by itself meanwhile.
    const closing = new Map(running.map((command) => [command, firstValueFrom(command.close)]));
    const first = running.filter(({ index }) => this.#rows[index].endsFirst);
    const last = running.filter(({ index }) => this.#rows[index].endsLast);
    const others = running.filter((command) => !first.includes(command) && !last.includes(command));
    const allOf = (commands) => Promise.all(commands.map((command) => closing.get(command)));
    for (const command of first) command.kill('SIGTERM');
    await Promise.race([allOf(first), delay(FIRST_TO_END_MS)]);
    for (const command of others) command.kill('SIGTERM');
    await allOf([...first, ...others]);
    for (const command of last) command.kill('SIGTERM');
    const events = await Promise.all(closing.values());
    clearTimeout(tooLate);
    const killed = events.some((event) => event.exitCode === 'SIGKILL');
    this.#ended.resolve(killed ? 1 : exitCode);
  }

  #kill() {
    for (const command of this.#running()) {
      this.#say(`${command.name} has not ended yet; killing it.`);
      command.kill('SIGKILL');
    }
  }

  #running() {
    return this.#commands.filter((command) => Command.canKill(command));
  }

  #say(text) {
    this.#logger.logGlobalEvent(text);
  }
}

/** `ok`, or why not. Node's plain client: its fetch costs more than all of the supervisor. */
function probe(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: PROBE_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'ok' : `status ${response.statusCode}`);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error) => resolve(error.code ?? error.message));
  });
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // The process may have ended by itself a moment ago.
    if (error.code !== 'ESRCH') throw error;
  }
}

function readable() {
  return process.stdout.isTTY && !process.env.VX11_LOG_FORMAT ? { VX11_LOG_FORMAT: 'pretty' } : {};
}
