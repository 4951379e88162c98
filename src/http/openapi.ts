import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';

/** Serves OpenAPI 3.1 at /docs (for people) and /docs-json (for tools). */
export function serveOpenApi(app: NestExpressApplication, version: string): void {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('VX11 Operator')
    .setDescription(
      'Trade a principal token for a 60-second token, open the event stream with it, publish events. ' +
        'Errors are application/problem+json (RFC 9457) with a stable `code`.',
    )
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A principal token' })
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-VX11-Token' }, 'X-VX11-Token')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('X-VX11-Token')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
  });
}
