// A bad version: the same image with one fault, chosen by VX11_FAULT, in operator-backend.
import http from 'node:http';

const fault = process.env.VX11_FAULT;
const isBackend = process.argv[1]?.endsWith('operator-backend.js');
const emit = http.Server.prototype.emit;

function answer(res, status) {
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/problem+json');
  res.end('{}');
}

const faults = {
  /** One request in five for the API ends with 500. */
  errors(req, res, pass) {
    if (req.url.startsWith('/operator/api/events') && Math.random() < 0.2) {
      // Through the product's own edge, so that it counts as it would.
      req.url = '/operator/api/fault';
    }
    pass();
  },
  /** Every request waits. */
  latency(req, res, pass) {
    if (req.url.startsWith('/operator/api')) setTimeout(() => pass(), 1_500);
    else pass();
  },
  /** No ephemeral token is known. */
  validation(req, res, pass) {
    req.url = req.url.replace(/token=[^&]+/, `token=${crypto.randomUUID()}`);
    pass();
  },
  ready(req, res, pass) {
    if (req.url === '/readyz') answer(res, 503);
    else pass();
  },
  /** A stream without a credential is not refused as it should be. */
  smoke(req, res, pass) {
    const { authorization, 'x-vx11-token': token } = req.headers;
    const bare = req.url.startsWith('/operator/api/events/stream') && !req.url.includes('token=');
    if (bare && !authorization && !token) answer(res, 404);
    else pass();
  },
};

if (isBackend && faults[fault]) {
  http.Server.prototype.emit = function (name, ...args) {
    if (name !== 'request') return emit.call(this, name, ...args);
    const [req, res] = args;
    faults[fault](req, res, () => emit.call(this, name, ...args));
    return true;
  };
}
