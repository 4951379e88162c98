// compose.yaml under podman-compose.
import { spawnSync } from 'node:child_process';

/** podman-compose waits without end for a container that could not start. Milliseconds. */
const LONGEST_MS = 300_000;
const NAME = 'vx11-containers-test';

export class ComposeProject {
  /**
   * @param program podman-compose
   * @param directory with compose.yaml
   * @param env of podman and compose.yaml
   */
  constructor(program, directory, env) {
    this.program = program;
    this.directory = directory;
    this.env = env;
  }

  /** @throws Error with what podman-compose said @returns its output */
  run(...args) {
    const { status, stdout, stderr, error } = this.#compose(...args);
    if (error) throw new Error(`podman-compose ${args[0]}: ${error.message}\n${stderr}`);
    if (status !== 0) throw new Error(`podman-compose ${args[0]}: ${stdout}${stderr}`.slice(-3000));
    return stdout;
  }

  down() {
    this.#compose('down', '--volumes');
  }

  /** The address of a service in its first network, which this machine reaches. */
  addressOf(service) {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
    const { stdout } = this.#podman('inspect', '--format', format, `${NAME}_${service}_1`);
    return stdout.split(' ')[0];
  }

  /** @throws Error when a container has ended, or was started again */
  mustHaveStayedUp() {
    const { stdout } = this.#podman('inspect', ...this.#containers());
    for (const { Name, RestartCount, State } of JSON.parse(stdout)) {
      if (RestartCount > 0 || !State.Running) {
        throw new Error(`${Name} is ${State.Status} and was restarted ${RestartCount} times.`);
      }
    }
  }

  /** The ends of the logs of all containers. */
  logs() {
    const logOf = (name) => {
      const { stdout, stderr } = this.#podman('logs', '--tail', '30', name);
      return `--- ${name}\n${stdout}${stderr}`;
    };
    return this.#containers().map(logOf).join('\n');
  }

  #containers() {
    const filter = `label=io.podman.compose.project=${NAME}`;
    const { stdout } = this.#podman('ps', '--all', '--format', '{{.Names}}', '--filter', filter);
    return stdout.split('\n').filter(Boolean);
  }

  #compose(...args) {
    const file = ['--project-name', NAME, '--file', 'compose.yaml'];
    return spawnSync(this.program, [...file, ...args], {
      cwd: this.directory,
      env: this.env,
      encoding: 'utf8',
      timeout: LONGEST_MS,
    });
  }

  #podman(...args) {
    return spawnSync('podman', args, { env: this.env, encoding: 'utf8' });
  }
}
