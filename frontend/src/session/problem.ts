/** One entry of the `errors` of the server's problem. */
interface Fault {
  readonly field: string;
  readonly message: string;
}

/** An answer other than success; `message` is fit for the operator's eyes. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** `code` of the server's problem (RFC 9457), where it sent one. */
    readonly code: string | undefined,
    message: string,
    /** What is wrong with the parts of the request. */
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Faults of the request that are shown. */
const MOST_FAULTS = 3;

/** What went wrong, from the server's problem or else from the bare status. */
export async function problemOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const { code, detail, errors } = Object(body) as {
    code?: string;
    detail?: string;
    errors?: unknown;
  };
  const faults = Array.isArray(errors) ? (errors as Fault[]) : [];
  const wrong = faults.slice(0, MOST_FAULTS).map(({ message }) => message);
  const words =
    wrong.length > 0
      ? `Not valid: ${wrong.join('; ')}.`
      : (detail ?? `The server answered ${response.status}.`);
  return new ApiError(response.status, code, words, faults);
}

/** The error's words, for a line on the screen. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
