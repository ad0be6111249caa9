import type { CloudTarget } from '../delivery/cloud-target.ts'
import { kindsNeededBy } from '../delivery/delivery-contents.ts'
import { documentsOfTenant, type Tenant } from '../screening/screening-job/tenant.ts'

/** What of an environment decides which targets it can reach. */
export interface Place {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly endpoints: 'economy' | 'private'
}

/** What is wrong with a target, by the field, with the remedy. */
export interface TargetFault {
  readonly field: string
  readonly message: string
}

/** Why a tenant's target could not be delivered to in this environment; none when it can. */
export function faultsOf(target: CloudTarget, settings: Tenant, place: Place): TargetFault[] {
  return [
    ...(target.kind === 'eventbridge' ? faultsOfBus(target.busArn, place) : faultsOfAddress(target, place)),
    ...faultsOfDocuments(target, settings),
    ...faultsOfIdentity(settings),
  ]
}

function faultsOfBus(busArn: string, { name, account, region }: Place): TargetFault[] {
  const [, , , ofRegion, ofAccount, bus] = busArn.split(':')
  if (ofRegion !== region) {
    const message = `must be a bus of ${region}: for another region let a rule of that bus pass events on`
    return [{ field: 'busArn', message }]
  }
  if (ofAccount === account && bus === `event-bus/pleura-${name}`) {
    return [{ field: 'busArn', message: 'is the bus that results are told on already: let a rule of it pass them on' }]
  }
  return []
}

function faultsOfAddress(
  target: Exclude<CloudTarget, { kind: 'eventbridge' }>,
  { endpoints }: Pick<Place, 'endpoints'>,
): TargetFault[] {
  if (endpoints === 'private') {
    if (target.allowPrivateAddress) return []
    const message =
      'is in the public Internet, to which private endpoints leave no way: give it an address in a network that is routed to this one and set allowPrivateAddress to true; or use kind eventbridge and deliver from there; or choose endpoints: economy'
    return [{ field: addressField(target), message }]
  }
  if (target.allowPrivateAddress) {
    const message =
      'must be false with economy endpoints: the function stands outside of every network and reaches public addresses alone. Choose endpoints: private, and route the network of the target to it'
    return [{ field: 'allowPrivateAddress', message }]
  }
  if ('url' in target) {
    return target.url.startsWith('https:')
      ? []
      : [{ field: 'url', message: 'must begin with https: in the public Internet' }]
  }
  return target.tls
    ? []
    : [{ field: 'tls', message: 'must be true in the public Internet: what is sent names a patient' }]
}

const addressField = (target: Exclude<CloudTarget, { kind: 'eventbridge' }>): string =>
  'url' in target ? 'url' : 'host'

/** A target whose documents nobody makes would get nothing, and look as if it did. */
function faultsOfDocuments(target: CloudTarget, settings: Tenant): TargetFault[] {
  const kinds = kindsNeededBy(target)
  const made = documentsOfTenant(settings)
  if (kinds.length === 0 || kinds.some((kind) => made.includes(kind))) return []
  const message = `gets none of the tenant's documents: add ${kinds.join(', ')} to settings.documents`
  return [{ field: 'kind', message }]
}

/** Each delivery would be refused when it is made, `names-patient`, and end as a dead letter. */
function faultsOfIdentity({ deidentified }: Tenant): TargetFault[] {
  if (!deidentified) return []
  const message =
    'would get nothing (names-patient): settings.deidentified is true, and nothing is de-identified in AWS. Screen and deliver on one machine (--deidentify), or remove the target, or the setting'
  return [{ field: 'name', message }]
}
