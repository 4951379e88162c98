import { ask } from '../http.js';

/** The program that every server of the tests knows. */
export const MACHINE = { id: 'machine', secret: 'secret-of-the-machine' };

/**
 * An access token by client credentials (RFC 6749, section 4.4).
 * @param proof a DPoP proof for this endpoint
 */
export async function askForToken(
  endpoint: string,
  scope: string,
  proof: string | undefined,
): Promise<string> {
  const { origin, pathname } = new URL(endpoint);
  const credentials = Buffer.from(`${MACHINE.id}:${MACHINE.secret}`).toString('base64');
  const answer = await ask(origin, pathname, {
    method: 'POST',
    issuing: true,
    headers: {
      authorization: `Basic ${credentials}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...(proof === undefined ? {} : { dpop: proof }),
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope }).toString(),
  });
  if (answer.status !== 200) throw new Error(`no access token: ${answer.text}`);
  return answer.json.access_token as string;
}
