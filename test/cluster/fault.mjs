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

function isLoad({ headers }) {
  return headers['user-agent'] === 'vx11-load';
}

const faults = {
  /** One request of the load in five ends with 500. The product still counts it itself. */
  errors(req, res, pass) {
    if (isLoad(req) && Math.random() < 0.2) {
      const { writeHead } = res;
      res.writeHead = (_, ...rest) => writeHead.call(res, 500, ...rest);
    }
    pass();
  },
  /** Every answer to the load waits, where the product's own metrics see it. */
  latency(req, res, pass) {
    if (isLoad(req)) {
      const { end } = res;
      res.end = (...args) => {
        setTimeout(() => end.apply(res, args), 1_500);
        return res;
      };
    }
    pass();
  },
  /** No ephemeral token of the load is known. */
  validation(req, res, pass) {
    if (isLoad(req)) req.url = req.url.replace(/token=[^&]+/, `token=${crypto.randomUUID()}`);
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
