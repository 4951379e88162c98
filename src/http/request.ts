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
      /**
       * Set where a credential was checked before the body is read: checks it once more when the
       * body is there, which its sender may have held back until the right had ended.
       * @throws as the first check
       */
      admitAgain?: () => Promise<void>;
      /**
       * Set where a principal was admitted to a route: records that its rights do not suffice for
       * what it wants there. Never rejects.
       */
      recordRefusal?: ((error: unknown) => Promise<void>) | undefined;
    }
  }
}

export {};
