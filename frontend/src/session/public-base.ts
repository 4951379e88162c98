/**
 * What stands before `/operator/` in the address of this page, with a slash at its end: `/`, or
 * the path below which a proxy serves the product.
 */
export const publicBase = new URL('../../', document.baseURI).pathname;

/** Where the API is on this host. */
export const apiBase = `${publicBase}operator/api`;
