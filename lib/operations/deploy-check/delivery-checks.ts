import { isIP } from 'node:net'
import { isPublicAddress } from '../../adapters/delivery/address-guard.ts'
import { type CloudTarget, secretOf } from '../../delivery/cloud-target.ts'
import { kindsNeededBy } from '../../delivery/delivery-contents.ts'
import type { EnvironmentConfig } from '../../infrastructure/config.ts'
import { documentsOfTenant } from '../../screening/screening-job/tenant.ts'
import { type Check, failed, notChecked, ok, warning } from './check.ts'

/** What a valid target can still get wrong. */
export function checkDeliveries({ tenants, region, endpoints }: EnvironmentConfig): Check[] {
  return tenants.flatMap(({ settings, targets }) =>
    targets.flatMap((target) => {
      const name = `tenant ${settings.id}: target ${target.name}`
      const unmade = kindsNeededBy(target).filter((kind) => !documentsOfTenant(settings).includes(kind))
      return [
        address(name, target),
        ...(endpoints === 'private' && target.kind !== 'eventbridge' ? [route(name)] : []),
        ...(unmade.length === 0
          ? []
          : [
              warning(
                name,
                `nobody makes ${unmade.join(', ')}`,
                "Add them to the tenant's documents, or leave them out of the target's objects.",
              ),
            ]),
        ...secret(name, target, region),
      ]
    }),
  )
}

/** A name is looked up by the function alone, at each connection; an address can be judged here. */
function address(check: string, target: CloudTarget): Check {
  if (target.kind === 'eventbridge') return ok(check, target.busArn)
  const host = 'url' in target ? new URL(target.url).hostname.replace(/^\[(.*)\]$/, '$1') : target.host
  if (isIP(host) === 0 || isPublicAddress(host) !== target.allowPrivateAddress) return ok(check, host)
  return target.allowPrivateAddress
    ? failed(
        check,
        `${host} is a public address`,
        'With private endpoints there is no way to it: write an address of a routed network, or choose endpoints: economy.',
      )
    : failed(
        check,
        `${host} is a private address`,
        'It would be refused: choose endpoints: private and set allowPrivateAddress, or write a public address.',
      )
}

const route = (check: string): Check =>
  notChecked(
    `${check}: route`,
    'its network alone can tell',
    "Connect the VPC (peering, transit gateway, VPN), route the target's network from its isolated subnets and back, and let 10.42.0.0/20 in.",
  )

function secret(check: string, target: CloudTarget, region: string): Check[] {
  const name = secretOf(target)
  if (name === null) return []
  const ask = name.startsWith('arn:')
    ? `aws secretsmanager describe-secret --region ${region} --secret-id ${name}`
    : `aws ssm get-parameter --region ${region} --name ${name} --query Parameter.Type`
  return [notChecked(`${check}: secret`, name, `Until it is there its deliveries wait. Ask: ${ask}`)]
}
