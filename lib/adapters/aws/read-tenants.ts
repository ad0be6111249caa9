import { paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { type Tenant, tenant } from '../../screening/screening-job/tenant.ts'

/**
 * The tenants, from one SSM parameter each: `<path>/<tenant>`, JSON.
 * @throws {ConfigurationError} naming the parameter that is not of the schema, or the path below which there is none
 */
export async function readTenants(client: SSMClient, path: string): Promise<ReadonlyMap<string, Tenant>> {
  const tenants = new Map<string, Tenant>()
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path: path })) {
    for (const { Name, Value } of Parameters) {
      const parsed = tenant.safeParse(parseJson(Value ?? ''))
      if (!parsed.success) {
        const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`)
        throw new ConfigurationError(
          `Parameter '${Name}' is no tenant. ${issues.join('; ')}. Deploy the settings again.`,
        )
      }
      if (Name !== `${path}/${parsed.data.id}`) {
        throw new ConfigurationError(`Parameter '${Name}' holds tenant '${parsed.data.id}'. Its name must end with it.`)
      }
      tenants.set(parsed.data.id, parsed.data)
    }
  }
  if (tenants.size === 0) {
    throw new ConfigurationError(`No tenant below '${path}'. Deploy at least one, or correct TENANTS_PARAMETER_PATH.`)
  }
  return tenants
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
