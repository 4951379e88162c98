import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file, as HAProxy wants them. */
  readonly bundleFile: string;
}

/** A certificate for 127.0.0.1 that signs itself, good for a year. */
export function selfSigned(directory: string): Certificate {
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  const bundleFile = join(directory, 'bundle.pem');
  execFileSync(
    'openssl',
    (
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 ' +
      '-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1'
    )
      .split(' ')
      .concat('-keyout', keyFile, '-out', certFile),
    { stdio: 'ignore' },
  );
  execFileSync('sh', ['-c', `cat "${certFile}" "${keyFile}" > "${bundleFile}"`]);
  return { certFile, keyFile, bundleFile };
}
