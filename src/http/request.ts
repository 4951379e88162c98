/** What the HTTP edge knows of every request before any guard runs. */
declare global {
  // The way Express itself offers to widen its request.
  namespace Express {
    interface Request {
      correlationId: string;
    }
  }
}

export {};
