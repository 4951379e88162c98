import { Controller, Delete, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Environment } from '../../config/environment.js';
import { ApiProblems } from '../../http/api-problems.js';
import { ProblemError } from '../../kernel/problem.js';
import { Public, RequirePrincipal, SessionCookie } from '../access.js';
import { AccessRefusals } from '../access-refusals.js';
import { callerOf } from '../credentials.js';
import { PrincipalRights } from '../principal-rights.js';
import { SCOPES, type Principal } from '../principal.js';
import { requireSameOrigin } from './same-origin.js';
import { SESSION_PATH, sessionCookie, setSessionCookie } from './session-cookie.js';
import { Sessions, type SignedIn } from './sessions.js';

const TIME = { type: 'string', format: 'date-time' };
const PRINCIPAL = {
  principal_id: { type: 'string' },
  scopes: { type: 'array', items: { enum: [...SCOPES] } },
  filter: { type: ['object', 'null'] },
};

const SIGNED_IN = {
  type: 'object',
  required: ['access_token', 'token_type', 'expires_in_sec', 'session'],
  additionalProperties: false,
  properties: {
    access_token: { type: 'string', description: 'For Authorization: Bearer', example: '***' },
    token_type: { const: 'Bearer' },
    expires_in_sec: { type: 'integer', minimum: 1 },
    session: {
      type: 'object',
      required: ['id', 'started_at', 'expires_at', 'principal_id', 'scopes'],
      additionalProperties: false,
      properties: { id: { type: 'string' }, started_at: TIME, expires_at: TIME, ...PRINCIPAL },
    },
  },
};

const ISSUER = {
  type: ['object', 'null'],
  required: ['issuer', 'client_id', 'scope', 'resource', 'dpop'],
  additionalProperties: false,
  properties: {
    issuer: { type: 'string' },
    client_id: { type: 'string' },
    scope: { type: 'string' },
    resource: { type: ['string', 'null'] },
    dpop: { type: 'boolean', description: 'Whether access tokens must be bound to a key' },
  },
};

/** Sessions of the panel; others may use them too. */
@ApiTags('sessions')
@Controller(SESSION_PATH)
export class SessionController {
  constructor(
    private readonly sessions: Sessions,
    private readonly refusals: AccessRefusals,
    private readonly rights: PrincipalRights,
    private readonly config: Environment,
  ) {}

  @ApiOperation({
    summary: 'How the panel signs in: the issuer, or null for principal tokens only',
  })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['oidc'],
      additionalProperties: false,
      properties: { oidc: ISSUER },
    } as never,
  })
  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('config')
  settings(): { oidc: object | null } {
    const {
      VX11_OIDC_ISSUER: issuer,
      VX11_OIDC_CLIENT_ID: clientId,
      VX11_OIDC_CLIENT_SCOPE: scope,
      VX11_OIDC_CLIENT_RESOURCE: resource = null,
      VX11_OIDC_DPOP: dpop,
    } = this.config;
    if (issuer === undefined || clientId === undefined) return { oidc: null };
    return { oidc: { issuer, client_id: clientId, scope, resource, dpop: dpop === 'require' } };
  }

  @ApiOperation({ summary: 'Who you are, and what you may do now' })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['principal_id', 'scopes', 'filter', 'session_id', 'expires_at'],
      additionalProperties: false,
      properties: {
        ...PRINCIPAL,
        session_id: { type: ['string', 'null'] },
        expires_at: { type: ['string', 'null'], format: 'date-time' },
      },
    } as never,
  })
  @RequirePrincipal()
  @Header('Cache-Control', 'no-store')
  @Get()
  whoAmI(@Req() req: Request): object {
    const principal = req.principal as Principal;
    const { sessionId = null, credentialHash = '', expiresAt = Infinity } = principal;
    const end = Math.min(expiresAt, this.rights.endOf(credentialHash) ?? Infinity);
    return {
      ...rightsOf(principal),
      session_id: sessionId,
      expires_at: end === Infinity ? null : new Date(end).toISOString(),
    };
  }

  @ApiOperation({
    summary: 'Sign in: begin a session with a principal token, or an access token of the issuer',
    description:
      'The answer sets the cookie with the refresh token. A session that the browser had ends.',
  })
  @ApiOkResponse({ schema: SIGNED_IN as never })
  @ApiProblems('insufficient_scope', 'token_store_unavailable')
  @RequirePrincipal()
  @HttpCode(200)
  @Post()
  async signIn(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<object> {
    const signedIn = await this.sessions.start(req.principal as Principal, callerOf(req));
    await this.endPrevious(req);
    return this.answer(req, res, signedIn);
  }

  @ApiOperation({
    summary: 'Get a new access token with the cookie',
    description:
      'Replaces the cookie. A cookie that was replaced already ends the session and its streams.',
  })
  @ApiOkResponse({ schema: SIGNED_IN as never })
  @ApiProblems('refresh_reused', 'rate_limited', 'token_store_unavailable')
  @SessionCookie()
  @HttpCode(200)
  @Post('refresh')
  async refresh(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<object> {
    const token = requireCookie(req);
    try {
      return this.answer(req, res, await this.sessions.refresh(token, callerOf(req)));
    } catch (error) {
      // The token would be refused again, so the browser drops its cookie.
      if (error instanceof ProblemError && error.status === 403) this.forget(req, res);
      await this.refusals.refuseSession(req, error);
      throw error;
    }
  }

  @ApiOperation({ summary: 'Sign out: end the session of the cookie, and its streams' })
  @ApiResponse({ status: 204, description: 'It has ended, also when it had so before' })
  @ApiProblems('token_store_unavailable')
  @SessionCookie()
  @HttpCode(204)
  @Delete()
  async signOut(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<void> {
    await this.sessions.signOut(requireCookie(req), callerOf(req));
    this.forget(req, res);
  }

  @ApiOperation({
    summary: 'Sign out everywhere: end all sessions of your principal, and their streams',
  })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['sessions'],
      additionalProperties: false,
      properties: { sessions: { type: 'integer', minimum: 0 } },
    } as never,
  })
  @ApiProblems('token_store_unavailable')
  @RequirePrincipal()
  @HttpCode(200)
  @Delete('all')
  async signOutEverywhere(
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
  ): Promise<{ sessions: number }> {
    const { id } = req.principal as Principal;
    const sessions = await this.sessions.signOutEverywhere(id, callerOf(req));
    this.forget(req, res);
    return { sessions };
  }

  /** Only for a page of this origin: another one could end a session by signing in. */
  private async endPrevious(req: Request): Promise<void> {
    const { 'sec-fetch-site': site } = req.headers;
    if (site === undefined) return;
    requireSameOrigin(req);
    const token = sessionCookie(req);
    if (token !== undefined) await this.sessions.signOut(token, callerOf(req));
  }

  private answer(req: Request, res: Response, signedIn: SignedIn): object {
    const { accessToken, expiresInSec, refresh, session, principal } = signedIn;
    const left = Math.ceil((session.expiresAt - session.startedAt) / 1000);
    res.setHeader('Cache-Control', 'no-store');
    res.appendHeader(
      'Set-Cookie',
      setSessionCookie(req, refresh.token, left, this.config.VX11_PUBLIC_PATH),
    );
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in_sec: expiresInSec,
      session: {
        id: session.id,
        started_at: new Date(session.startedAt).toISOString(),
        expires_at: new Date(session.expiresAt).toISOString(),
        ...rightsOf(principal),
      },
    };
  }

  private forget(req: Request, res: Response): void {
    res.setHeader('Cache-Control', 'no-store');
    res.appendHeader('Set-Cookie', setSessionCookie(req, '', 0, this.config.VX11_PUBLIC_PATH));
  }
}

function rightsOf({ id, scopes, filter }: Principal): object {
  return {
    principal_id: id,
    scopes: SCOPES.filter((scope) => scopes.has(scope)),
    filter: filter ?? null,
  };
}

function requireCookie(req: Request): string {
  const token = sessionCookie(req);
  if (token !== undefined) return token;
  throw new ProblemError(
    'auth_required',
    'There is no session. Sign in with POST /operator/api/session, which sets its cookie.',
  );
}
