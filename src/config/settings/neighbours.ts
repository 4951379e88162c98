import { webAddress } from '../formats.js';
import { Int, Text } from '../setting.js';

/** The services behind the gateway. */
export class NeighbourSettings {
  @Text(undefined, 'Where madre is. Absent: VX11_MADRE_PORT on this machine.', {
    format: webAddress,
    example: 'http://madre:8001',
  })
  VX11_MADRE_URL: string | undefined;

  @Text(undefined, 'Where switch is. Absent: VX11_SWITCH_PORT on this machine.', {
    format: webAddress,
    example: 'http://switch:8003',
  })
  VX11_SWITCH_URL: string | undefined;

  @Text(undefined, 'Where hermes is. Absent: VX11_HERMES_PORT on this machine.', {
    format: webAddress,
    example: 'http://hermes:8004',
  })
  VX11_HERMES_URL: string | undefined;

  @Text(undefined, 'Where operator-frontend is. Absent: VX11_FRONTEND_PORT on this machine.', {
    format: webAddress,
    example: 'http://operator-frontend:8002',
  })
  VX11_FRONTEND_URL: string | undefined;

  @Text(undefined, 'Where tentaculo-link is. Absent: VX11_GATEWAY_PORT on this machine.', {
    format: webAddress,
    example: 'http://tentaculo-link:8000',
  })
  VX11_GATEWAY_URL: string | undefined;

  @Int(15, 'Seconds between the reports that a neighbour publishes about itself.', {
    min: 1,
    max: 3600,
    unit: 's',
  })
  VX11_NEIGHBOUR_REPORT_SECONDS: number;
}
