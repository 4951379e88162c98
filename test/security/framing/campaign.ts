import { spawnGateway } from '../../support/gateway-process.js';
import { Fuzz, type FuzzReport } from './fuzz.js';
import { Recorder } from './recorder.js';

/**
 * Fuzzes a gateway process of its own, with a recorder in place of every service.
 * @param root of the project
 */
export async function fuzzGateway(
  root: string,
  goal: { readonly seed: number; readonly requests: number },
  progress?: (report: FuzzReport) => void,
): Promise<FuzzReport> {
  const fuzz = new Fuzz();
  const recorder = await Recorder.start(fuzz);
  const { url } = recorder;
  const gateway = await spawnGateway(root, {
    VX11_BACKEND_URLS: url,
    VX11_FRONTEND_URL: url,
    VX11_MADRE_URL: url,
    VX11_SWITCH_URL: url,
    VX11_HERMES_URL: url,
    VX11_GATEWAY_WORKERS: '1',
    VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: '0',
    // A busy machine may take its time to send the pieces of a request.
    VX11_GATEWAY_HEADER_SECONDS: '60',
    VX11_GATEWAY_REQUEST_SECONDS: '60',
  });
  try {
    const { port } = new URL(gateway.url);
    return await fuzz.run({ port: Number(port), token: gateway.token }, goal, progress);
  } finally {
    await gateway.end('SIGKILL');
    await recorder.close();
  }
}
