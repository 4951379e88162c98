import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Socket } from 'node:net';

/**
 * Requests of a crowd that one turn of the event loop serves: a few milliseconds of work, and
 * enough for the turn's own costs, such as one commit for all, to be shared.
 */
const IN_TURN = 16;

/**
 * Serves crowds in order, a few requests in each turn of the event loop. When thousands of
 * clients come back at once, Node hands all of their requests over in one turn: without a
 * limit, it lasts for seconds, in which no event is delivered, no probe is answered, and
 * none of the crowd gets its first byte.
 *
 * Connections take turns too, so that one with a hundred pipelined requests does not make
 * the others wait for all of them.
 *
 * @param isOfCrowd whether the request is one of those that clients send when they come back;
 *   others are served at once
 */
export function requestTurns(isOfCrowd: (req: Request) => boolean): RequestHandler {
  /** In this turn, or about to be: with those, newcomers wait, so that the order is kept. */
  let served = 0;
  /** What waits of each connection; the next one comes first. */
  const waiting = new Map<Socket, NextFunction[]>();

  function endTurn(): void {
    served = waiting.size > 0 ? IN_TURN : 0;
    let left = IN_TURN;
    for (const [socket, line] of waiting) {
      if (left === 0) break;
      waiting.delete(socket);
      // A client that has left meanwhile costs no more work.
      const next = socket.destroyed ? undefined : line.shift();
      if (!next) continue;
      left -= 1;
      // One callback for each, so that what follows from one is done before the next one begins.
      setImmediate(serve, socket, next);
      if (line.length > 0) waiting.set(socket, line);
    }
    if (served > 0) setImmediate(endTurn);
  }

  return (req: Request, _res: Response, next: NextFunction): void => {
    if (!isOfCrowd(req)) return next();
    if (served === IN_TURN) {
      const line = waiting.get(req.socket);
      if (line) line.push(next);
      else waiting.set(req.socket, [next]);
      return;
    }
    if (served === 0) setImmediate(endTurn);
    served += 1;
    next();
  };
}

function serve(socket: Socket, next: NextFunction): void {
  if (!socket.destroyed) next();
}
