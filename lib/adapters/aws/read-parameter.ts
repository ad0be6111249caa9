import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm'
import { request } from './transient.ts'

/**
 * The text of an SSM parameter, decrypted where it is a SecureString, or of a secret of Secrets Manager, by its ARN: the
 * Parameter Store hands those out too, so that no further service has to be reached.
 * @returns null when there is none
 * @throws {TransientError} @throws what else the request fails with
 * @see AWS Systems Manager user guide, Referencing AWS Secrets Manager secrets from Parameter Store parameters
 */
export async function readParameter(client: SSMClient, name: string): Promise<string | null> {
  try {
    const { Parameter } = await request('SSM GetParameter', () =>
      client.send(new GetParameterCommand({ Name: parameterOf(name), WithDecryption: true })),
    )
    return Parameter?.Value ?? null
  } catch (error) {
    if (error instanceof ParameterNotFound) return null
    throw error
  }
}

/** The ARN of a secret ends with '-' and six characters that are no part of its name. */
const parameterOf = (name: string): string =>
  name.startsWith('arn:')
    ? `/aws/reference/secretsmanager/${name.replace(/^.*:secret:/, '').replace(/-[A-Za-z0-9]{6}$/, '')}`
    : name
