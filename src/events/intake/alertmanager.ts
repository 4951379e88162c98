import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { MAX_EVENT_BYTES, readCloudEvent, type IntakeContext } from './cloud-event.js';
import { eventTooLarge } from './event-request.js';
import type { NewEvent, Severity } from '../event.js';

class Alert {
  @IsIn(['firing', 'resolved'])
  status: 'firing' | 'resolved';

  @IsObject()
  labels: Record<string, unknown>;

  @IsOptional()
  @IsObject()
  annotations?: Record<string, unknown>;

  @IsString()
  @MaxLength(64)
  startsAt: string;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  endsAt?: string;

  @IsOptional()
  @IsString()
  @MaxLength(4096)
  generatorURL?: string;

  @IsString()
  @MaxLength(64)
  fingerprint: string;
}

/** Alertmanager's webhook payload, version 4; fields that we do not use may come too. */
export class AlertmanagerPayload {
  @IsIn(['4'], { message: 'version must be "4", the payload of Alertmanager 0.6 and later' })
  version: string;

  @IsArray()
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => Alert)
  alerts: Alert[];

  @IsOptional()
  @IsString()
  receiver?: string;
}

const SEVERITY_LABELS: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  page: 'critical',
  error: 'error',
  high: 'error',
  warning: 'warn',
  warn: 'warn',
};

/**
 * Each alert as an event. Its id is made of what identifies the alert and its
 * state, so that Alertmanager's retries are taken once.
 * @throws ProblemError invalid_event, too_large
 */
export function alertEvents(payload: AlertmanagerPayload, context: IntakeContext): NewEvent[] {
  return payload.alerts.map((alert, index) => {
    const { labels, annotations = {} } = alert;
    const name = text(labels['alertname']) ?? 'alert';
    const firing = alert.status === 'firing';
    const event = readCloudEvent(
      {
        specversion: '1.0',
        id: `${alert.fingerprint}/${alert.startsAt}/${alert.status}`,
        source: '/alertmanager',
        type: `vx11.alert.${alert.status}`,
        subject: name,
        severity: firing ? (SEVERITY_LABELS[text(labels['severity']) ?? ''] ?? 'info') : 'info',
        module:
          text(labels['module']) ??
          text(labels['service']) ??
          text(labels['job']) ??
          'alertmanager',
        datacontenttype: 'application/json',
        data: {
          summary: text(annotations['summary']) ?? `${name} is ${alert.status}`,
          labels,
          annotations,
          starts_at: alert.startsAt,
          ends_at: firing ? undefined : alert.endsAt,
          generator_url: alert.generatorURL,
          receiver: payload.receiver,
        },
      },
      context,
      `/alerts/${index}`,
    );
    if (Buffer.byteLength(event.json) > MAX_EVENT_BYTES) throw eventTooLarge(`Alert ${index}`);
    return event;
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
