import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, Child } from './child.ts';
import { freePorts } from './ports.ts';

const READY_MS = 60_000;

/** A real nginx in front of the gateway, on a path of its own. */
export interface Nginx {
  /** Passes `/path/x` on as `/x`. */
  readonly removing: string;
  /** Passes `/path/x` on as it is. */
  readonly keeping: string;
  stop(): Promise<void>;
}

/** @param gateway URL of the gateway @param path as `/tools/vx11` */
export async function startNginx(gateway: string, path: string): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'vx11-nginx-'));
  const [removing, keeping] = (await freePorts(2)) as [number, number];
  const server = (port: number, target: string) => `
  server {
    listen 127.0.0.1:${port};
    location = /alive { return 204; }
    location / { return 404; }
    location ${path}/ {
      proxy_pass ${target};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffering off;
    }
  }`;
  const config = join(directory, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off;
worker_processes 1;
pid ${directory}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  ${server(removing, `${gateway}/`)}
  ${server(keeping, gateway)}
}
`,
  );
  const nginx = new Child({
    name: 'nginx',
    command: 'nginx',
    args: ['-p', directory, '-e', 'stderr', '-c', config],
  });
  await nginx.until(() => answers(`http://127.0.0.1:${keeping}/alive`), READY_MS);
  return {
    removing: `http://127.0.0.1:${removing}`,
    keeping: `http://127.0.0.1:${keeping}`,
    async stop() {
      await nginx.end('SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
