import { settingsOf, type SettingDoc } from './setting.js';
import { AuditSettings } from './settings/audit.js';
import { EventSettings } from './settings/events.js';
import { GatewaySettings } from './settings/gateway.js';
import { LimitSettings } from './settings/limits.js';
import { IdentitySettings } from './settings/identity.js';
import { NeighbourSettings } from './settings/neighbours.js';
import { PrincipalSettings } from './settings/principals.js';
import { ProcessSettings } from './settings/processes.js';
import { SharedSettings } from './settings/redis.js';
import { StreamSettings } from './settings/streams.js';
import { TokenSettings } from './settings/tokens.js';
import { TracingSettings } from './settings/tracing.js';
import { WatchSettings } from './settings/watch.js';

/**
 * Every variable that the processes read, by subject; the order is that of `.env.example`
 * and of docs/reference/configuration.md. The names are the contract's; the decorators
 * validate, and hold what both files say.
 */
export const SUBJECTS = [
  ['Processes', ProcessSettings],
  ['Principals', PrincipalSettings],
  ['Identity', IdentitySettings],
  ['Tokens', TokenSettings],
  ['Streams', StreamSettings],
  ['Limits', LimitSettings],
  ['Events', EventSettings],
  ['Audit', AuditSettings],
  ['Suspicious patterns', WatchSettings],
  ['Gateway', GatewaySettings],
  ['Neighbours', NeighbourSettings],
  ['Several instances', SharedSettings],
  ['Tracing', TracingSettings],
] as const;

type Settings = ProcessSettings &
  PrincipalSettings &
  IdentitySettings &
  TokenSettings &
  StreamSettings &
  LimitSettings &
  EventSettings &
  AuditSettings &
  GatewaySettings &
  NeighbourSettings &
  SharedSettings &
  TracingSettings &
  WatchSettings;

// A class cannot extend several; its properties are assigned by `loadConfig`.
const AllSettings = class {} as new () => Settings;

/** The validated environment, injected under this class. */
export class Environment extends AllSettings {}

/** What is known of each variable, by subject. */
export function settings(): readonly { title: string; settings: readonly SettingDoc[] }[] {
  return SUBJECTS.map(([title, shape]) => ({ title, settings: settingsOf(shape) }));
}
