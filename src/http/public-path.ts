import type { RequestHandler } from 'express';

/**
 * A request below the public path is handled as the same request without it. So a proxy
 * in front may remove the path or pass it on; other paths are left as they are.
 * @param publicPath VX11_PUBLIC_PATH; empty, or it begins with a slash and ends without one
 */
export function withoutPublicPath(publicPath: string): RequestHandler {
  return (req, _res, next) => {
    if (publicPath !== '' && req.url.startsWith(publicPath)) {
      const rest = req.url.slice(publicPath.length);
      if (rest === '' || rest.startsWith('?')) req.url = `/${rest}`;
      else if (rest.startsWith('/')) req.url = rest;
    }
    next();
  };
}
