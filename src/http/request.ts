/** Properties that the HTTP edge sets on every request before any guard runs. */
declare global {
  // Express extends its Request type through this global namespace.
  namespace Express {
    interface Request {
      correlationId: string;
      /** operator-backend, which knows the live tokens, has answered with this correlation id. */
      isIdChecked?: boolean;
      /** The gateway in front of this process made the request, or forwarded it. */
      signedByGateway: boolean;
    }
  }
}

export {};
