import type { EnvironmentConfig } from '../../infrastructure/config.ts'
import type { ClassifierBundle } from '../../screening/classification/model-bundle.ts'
import { type Check, failed, notChecked, ok, warning } from './check.ts'
import { checkDeliveries } from './delivery-checks.ts'
import { cudaFamilies, gpuRegions, gpuRegionsAsOf, vcpusBySize } from './gpu-regions.ts'

/** What the fleet asks for one worker, in every profile. */
export const workerVcpus = 4

/** What a valid config can still get wrong. */
export function checkConfig(config: EnvironmentConfig, classifier: ClassifierBundle): Check[] {
  return [
    ...placeholders(config),
    ...(config.profile === 'cpu' ? [] : [...machines(config), workersAtATime(config)]),
    ...(config.profile === 'warm' ? [clinicHours(config)] : []),
    ...tenants(config, classifier),
    ...checkDeliveries(config),
    ...image(config),
  ]
}

/** The example's own values, which are of nobody. */
function placeholders({ account, alarmEmail, tenants }: EnvironmentConfig): Check[] {
  const exampleAccounts = ['111122223333', '444455556666', '123456789012', '000000000000']
  const trusted = tenants.find(({ trustedAccount }) => exampleAccounts.includes(trustedAccount ?? ''))
  const exampleId = tenants.find(
    ({ externalId }) => externalId !== null && /replace|example|^(.)\1*$/i.test(externalId),
  )
  const isExample = /@(.+\.)?example\.(org|com|net)$/i.test(alarmEmail)
  return [
    exampleAccounts.includes(account)
      ? failed('account', account, 'It is an example of the documentation: write your own account.')
      : ok('account', account),
    isExample
      ? failed('alarmEmail', alarmEmail, 'Nobody reads it: write the address of who is on call.')
      : ok('alarmEmail', alarmEmail),
    ...(trusted
      ? [
          failed(
            `tenant ${trusted.settings.id}: trustedAccount`,
            String(trusted.trustedAccount),
            "It is an example: write the tenant's own account, or null for no role.",
          ),
        ]
      : []),
    ...(exampleId
      ? [
          failed(
            `tenant ${exampleId.settings.id}: externalId`,
            'an example',
            'Write a random one, such as: openssl rand -hex 16',
          ),
        ]
      : []),
  ]
}

function machines({ region, instanceTypes }: EnvironmentConfig): Check[] {
  return instanceTypes.map((type) => {
    const check = `${type} in ${region}`
    const [family] = type.split('.')
    if (!(cudaFamilies as readonly string[]).includes(family)) {
      return failed(check, `no known CUDA family for x86-64`, `Choose one of ${cudaFamilies.join(', ')}.`)
    }
    const ask = `aws ec2 describe-instance-type-offerings --region ${region} --location-type availability-zone --filters Name=instance-type,Values=${type}`
    const regions = gpuRegions[family]
    if (!regions) return notChecked(check, 'no table of this family', `Ask: ${ask}`)
    return regions.includes(region)
      ? ok(check, `offered, by our table of ${gpuRegionsAsOf}`)
      : warning(check, `not in our table of ${gpuRegionsAsOf}`, `Ask: ${ask}`)
  })
}

/** The fleet may hold maximumJobs × 4 vCPUs; a machine larger than that share leaves fewer machines than jobs. */
function workersAtATime({ instanceTypes, maximumJobs }: EnvironmentConfig): Check {
  const vcpus = instanceTypes.map(vcpusOf)
  const smallest = Math.min(...vcpus)
  const limit = maximumJobs * workerVcpus
  const check = 'machines for maximumJobs'
  if (vcpus.includes(Number.NaN)) {
    return notChecked(check, `sizes ${instanceTypes.join(', ')}`, 'We know no vCPUs of one of them.')
  }
  const machinesAtATime = Math.floor(limit / smallest)
  const found = `${limit} vCPUs hold ${machinesAtATime} machines of ${smallest}`
  return machinesAtATime >= maximumJobs
    ? ok(check, found)
    : warning(check, found, `Choose .xlarge machines, or expect ${machinesAtATime} jobs instead of ${maximumJobs}.`)
}

const vcpusOf = (type: string): number => vcpusBySize[type.split('.')[1]] ?? Number.NaN

function clinicHours({ clinicHours: { timeZone, from, to } }: EnvironmentConfig): Check {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return ok('clinicHours', `${from}–${to} h, ${timeZone}, Monday to Friday`)
  } catch {
    return failed('clinicHours', timeZone, 'Write a time zone of the IANA list, such as Europe/Zurich.')
  }
}

function tenants({ tenants, monthlyBudgetUsd }: EnvironmentConfig, classifier: ClassifierBundle): Check[] {
  const points = classifier.operatingPoints.map(({ id }) => id)
  let spending = 0
  const checks = tenants.flatMap(({ settings }): Check[] => {
    const { id, operatingPoint, monthlyQuotaImages, monthlyBudgetUsd: budget, estimatedCostUsdPerImage } = settings
    const most = Math.min(
      (monthlyQuotaImages ?? Number.POSITIVE_INFINITY) * estimatedCostUsdPerImage,
      budget ?? Number.POSITIVE_INFINITY,
    )
    spending += most
    return [
      operatingPoint === null || points.includes(operatingPoint)
        ? ok(`tenant ${id}: operating point`, operatingPoint ?? "the profile's")
        : failed(
            `tenant ${id}: operating point`,
            `'${operatingPoint}' is not in bundle ${classifier.id}`,
            `Every image of the tenant would fail. Choose one of: ${points.join(', ')}.`,
          ),
      most === Number.POSITIVE_INFINITY
        ? warning(
            `tenant ${id}: limits`,
            'neither quota nor budget',
            'A faulty sender can spend without end: set monthlyQuotaImages or monthlyBudgetUsd.',
          )
        : ok(`tenant ${id}: limits`, `at most ${most.toFixed(0)} USD a month by the estimate`),
    ]
  })
  if (spending !== Number.POSITIVE_INFINITY && spending > monthlyBudgetUsd) {
    checks.push(
      warning(
        'monthlyBudgetUsd',
        `tenants may spend ${spending.toFixed(0)} USD, the budget is ${monthlyBudgetUsd}`,
        'Raise it, or lower the limits of the tenants: the alarm would ring for what was agreed.',
      ),
    )
  } else checks.push(ok('monthlyBudgetUsd', `${monthlyBudgetUsd} USD of the whole account; alarms at 80 and 100 %`))
  return checks
}

function image({ imageUri, endpoints, region }: EnvironmentConfig): Check[] {
  const checks: Check[] = []
  if (imageUri !== null && !/@sha256:[0-9a-f]{64}$/.test(imageUri)) {
    const remedy = 'Pin it: registry/name@sha256:…; a tag may be moved to another image.'
    checks.push(warning('imageUri', `${imageUri} is not pinned`, remedy))
  }
  // As in 111122223333.dkr.ecr.eu-central-1.amazonaws.com/pleura@sha256:…, also of the China regions, and with FIPS.
  const ecrRegion = imageUri?.match(/^\d{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com/)?.[1]
  if (imageUri !== null && endpoints === 'private' && ecrRegion !== region) {
    const remedy = 'Without a way out only ECR of this region is reached: copy the image there.'
    checks.push(failed('imageUri', `${imageUri} is outside of ECR in ${region}`, remedy))
  }
  return checks
}
