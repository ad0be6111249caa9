import type { SSMClient } from '@aws-sdk/client-ssm'
import type { EnvironmentConfig } from '../../infrastructure/config.ts'
import { type Check, failed, ok } from './check.ts'

/** The bootstrap stack writes its version there; the qualifier is the CDK's default. */
const bootstrapParameter = '/cdk-bootstrap/hnb659fds/version'
/** What aws-cdk-lib 2 asks of assets with a role of their own. */
const leastBootstrapVersion = 6

/**
 * Asks the account one question, for the version of its CDK bootstrap. The answer also proves the credentials, the
 * region and the account.
 */
export async function checkBootstrap(client: SSMClient, { account, region }: EnvironmentConfig): Promise<Check[]> {
  const { GetParameterCommand, ParameterNotFound } = await import('@aws-sdk/client-ssm')
  const remedy = `npx cdk bootstrap aws://${account}/${region}`
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: bootstrapParameter }))
    const signedInto = Parameter?.ARN?.split(':')[4]
    const version = Number(Parameter?.Value)
    return [
      signedInto === account
        ? ok('account of the credentials', account)
        : failed(
            'account of the credentials',
            `${signedInto}, the config says ${account}`,
            'Sign in to the right account.',
          ),
      version >= leastBootstrapVersion
        ? ok('CDK bootstrap, asked', `version ${version}`)
        : failed('CDK bootstrap, asked', `version ${version}, needed: ${leastBootstrapVersion}`, remedy),
    ]
  } catch (error) {
    if (error instanceof ParameterNotFound) return [failed('CDK bootstrap, asked', `none in ${region}`, remedy)]
    const { name } = error as Error
    return [
      failed('CDK bootstrap, asked', `no answer: ${name}`, 'Check that the credentials hold and may ssm:GetParameter.'),
    ]
  }
}
