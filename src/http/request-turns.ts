import type { NextFunction, Request, RequestHandler, Response } from 'express';

/**
 * Requests of a crowd that one turn of the event loop serves: a few milliseconds of work, and
 * enough for the turn's own costs, such as one commit for all, to be shared.
 */
const IN_TURN = 16;

interface Waiting {
  readonly req: Request;
  readonly next: NextFunction;
}

/**
 * Serves crowds in order, a few requests in each turn of the event loop. When thousands of
 * clients come back at once, Node hands all of their requests over in one turn: without a
 * limit, it lasts for seconds, in which no event is delivered, no probe is answered, and
 * none of the crowd gets its first byte.
 *
 * @param isOfCrowd whether the request is one of those that clients send when they come back;
 *   others are served at once
 */
export function requestTurns(isOfCrowd: (req: Request) => boolean): RequestHandler {
  /** In this turn, or about to be: with those, newcomers wait, so that the order is kept. */
  let served = 0;
  const waiting: Waiting[] = [];

  function endTurn(): void {
    const batch = waiting.splice(0, IN_TURN);
    served = batch.length > 0 ? IN_TURN : 0;
    // One callback for each, so that what follows from one is done before the next one begins.
    for (const one of batch) setImmediate(serve, one);
    if (batch.length > 0) setImmediate(endTurn);
  }

  return (req: Request, _res: Response, next: NextFunction): void => {
    if (!isOfCrowd(req)) return next();
    if (served === IN_TURN) {
      waiting.push({ req, next });
      return;
    }
    if (served === 0) setImmediate(endTurn);
    served += 1;
    next();
  };
}

function serve({ req, next }: Waiting): void {
  // A client that has left meanwhile costs no more work.
  if (!req.socket.destroyed) next();
}
