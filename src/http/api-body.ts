import { ApiExtension } from '@nestjs/swagger';

/** Extension that holds a body's description until `describeApi` moves it to the operation's `requestBody`. */
export const BODY_EXTENSION = 'x-request-content';

interface MediaType {
  readonly schema: object;
  readonly examples: Readonly<
    Record<string, { readonly summary: string; readonly value: unknown }>
  >;
}

/** Describes a required body that has a schema of its own for each media type. */
export function ApiRequestContent(content: Readonly<Record<string, MediaType>>): MethodDecorator {
  return ApiExtension(BODY_EXTENSION, content);
}
