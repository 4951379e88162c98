import { Controller, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import type { Request, Response } from 'express';
import { ApiProblems } from '../http/api-problems.js';
import { requireJson } from '../http/body.js';
import { Public, RequireScope } from './access.js';
import { callerOf, headerCredential } from './credentials.js';
import { CODE_LIFETIME_SEC, SignInCodes } from './sign-in-codes.js';

class IssuedCode {
  @ApiProperty({ example: '***', description: 'Works once' })
  code: string;

  @ApiProperty({ example: CODE_LIFETIME_SEC })
  expires_in_sec: number;
}

class RedeemBody {
  @ApiProperty({ maxLength: 256 })
  @IsString()
  @MaxLength(256)
  code: string;
}

class Redeemed {
  @ApiProperty({ example: '***', description: 'The principal token that the code was made with' })
  token: string;
}

@ApiTags('tokens')
@Controller('operator/api/sign-in-codes')
export class SignInCodesController {
  constructor(private readonly codes: SignInCodes) {}

  @ApiOperation({
    summary: 'Make a one-time code that signs a browser of this machine in',
    description:
      'Only in development and from a loopback address. The panel takes the code in its address: `/operator/ui/#code=…`.',
  })
  @ApiOkResponse({ type: IssuedCode })
  @ApiProblems('not_found')
  @RequireScope('events:read')
  @Header('Cache-Control', 'no-store')
  @HttpCode(200)
  @Post()
  issue(@Req() req: Request): IssuedCode {
    const code = this.codes.issue(headerCredential(req)?.token ?? '', callerOf(req).address);
    return { code, expires_in_sec: CODE_LIFETIME_SEC };
  }

  @ApiOperation({ summary: 'Trade a one-time code for the principal token' })
  @ApiBody({ type: RedeemBody, required: true })
  @ApiOkResponse({ type: Redeemed })
  @ApiProblems('invalid_token', 'not_found', 'too_large', 'unsupported_media_type')
  @Public()
  @Header('Cache-Control', 'no-store')
  @HttpCode(200)
  @Post('redeem')
  async redeem(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<Redeemed> {
    const { code } = await requireJson(req, res, RedeemBody);
    return { token: this.codes.redeem(code, callerOf(req).address) };
  }
}
