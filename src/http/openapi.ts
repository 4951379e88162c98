import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { BODY_EXTENSION } from './api-body.js';
import { PROBLEM_SCHEMA, takeProblems } from './api-problems.js';

/** Serves OpenAPI 3.1 at /docs (for people) and /docs-json (for tools). */
export function serveOpenApi(
  app: NestExpressApplication,
  version: string,
  publicPath: string,
): void {
  SwaggerModule.setup('docs', app, () => describeApi(app, version, publicPath), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    swaggerOptions: { tryItOutEnabled: true },
  });
}

function describeApi(
  app: NestExpressApplication,
  version: string,
  publicPath: string,
): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('VX11 Operator')
    .setDescription(
      'Trade a principal token for a 60-second token, open the event stream with it, publish events. ' +
        'Errors are application/problem+json (RFC 9457) with a stable `code`.',
    )
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer(publicPath || '/', 'This server')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A principal token' })
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-VX11-Token', description: 'A principal token' },
      'X-VX11-Token',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'query',
        name: 'token',
        description: 'An ephemeral token; it is worth nothing after 60 seconds',
      },
      'token',
    )
    .build();
  const document = SwaggerModule.createDocument(app, base);
  const schemas = (document.components ??= {}).schemas ?? {};
  // `checked` refuses fields that the class does not describe.
  for (const schema of Object.values(schemas))
    Object.assign(schema, { additionalProperties: false });
  document.components.schemas = { ...schemas, Problem: PROBLEM_SCHEMA as never };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path as Record<string, Operation>)) complete(operation);
  }
  return document;
}

type Operation = Record<string, unknown>;

/** Replaces the extensions that decorators left on an operation with its request body and responses. */
function complete(operation: Operation): void {
  operation['responses'] = { ...(operation['responses'] as object), ...takeProblems(operation) };
  if (operation[BODY_EXTENSION] !== undefined) {
    operation['requestBody'] = { required: true, content: operation[BODY_EXTENSION] };
  }
  delete operation[BODY_EXTENSION];
}
