/** What the HTTP edge knows of every request before any guard runs. */
declare global {
  // The way Express itself offers to widen its request.
  namespace Express {
    interface Request {
      correlationId: string;
      /** The gateway in front of this process made the request, or forwarded it. */
      signedByGateway: boolean;
    }
  }
}

export {};
