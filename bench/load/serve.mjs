/**
 * The load process's half of `startLoad`: runs the named handler for each message and answers with
 * what it returns, or with the text of what it threw.
 */
export function serve(handlers) {
  const answer = async ({ id, command, args }) => {
    try {
      process.send({ id, result: await handlers[command](args) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  };
  process.on('message', (message) => void answer(message));
  process.on('disconnect', () => process.exit());
}
