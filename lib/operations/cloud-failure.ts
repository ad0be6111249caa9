import { ConfigurationError, TransientError } from '../screening/kernel/errors.ts'

const signIn = 'Sign in (aws configure sso), or set AWS_PROFILE.'
const rights = 'These credentials lack a right: on the bucket, the queue, or the key that encrypts it.'

/** What an operator can mend, by the class of the SDK's error. */
const remedies: Readonly<Record<string, string>> = {
  CredentialsProviderError: `No credentials. ${signIn}`,
  ExpiredToken: `The credentials have expired. ${signIn}`,
  ExpiredTokenException: `The credentials have expired. ${signIn}`,
  InvalidAccessKeyId: `The credentials are of nobody. ${signIn}`,
  UnrecognizedClientException: `The credentials are of nobody. ${signIn}`,
  AccessDenied: rights,
  AccessDeniedException: rights,
  KmsAccessDenied: rights,
  NoSuchBucket: 'There is no bucket of this name. Its name is among the resources of the stack.',
  PermanentRedirect: 'The bucket is in another region. Set AWS_REGION to it.',
  TimeoutError: 'The cloud does not answer in time. Check the network.',
  QueueDoesNotExist: "There is no queue at this URL in this region. Queues' URLs are among the resources of the stack.",
}

/** Why the cloud could not be reached, by the error code of Node or the operating system. */
const noAnswer: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Its name is not known here',
  EAI_AGAIN: 'Its name cannot be looked up for now',
  ECONNREFUSED: 'The connection is refused',
  ECONNRESET: 'The connection was cut',
  ETIMEDOUT: 'It does not answer in time',
  EHOSTUNREACH: 'There is no way to it',
  ENETUNREACH: 'There is no way to it',
}

/** Runs `work`, which calls AWS. @throws {ConfigurationError} with the remedy where the operator can mend it */
export async function explainCloudFailures<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      const { name, code = '' } = cause as NodeJS.ErrnoException
      const remedy = remedies[name]
      if (remedy) throw new ConfigurationError(`${remedy} (${name})`, { cause: error })
      if (code === 'ERR_INVALID_URL') {
        throw new ConfigurationError('AWS_ENDPOINT_URL, or a URL that was given, is none.', { cause: error })
      }
      if (noAnswer[code]) {
        throw new ConfigurationError(
          `The cloud cannot be reached. ${noAnswer[code]} (${code}). Check the network, AWS_REGION and AWS_ENDPOINT_URL.`,
          { cause: error },
        )
      }
    }
    if (error instanceof TransientError) {
      throw new ConfigurationError('The cloud failed for now, again and again. Try later.', { cause: error })
    }
    throw error
  }
}

/** @throws {ConfigurationError} when neither the environment nor a profile names a region */
export async function requireRegion(client: { readonly config: { region(): Promise<string> } }): Promise<void> {
  try {
    await client.config.region()
  } catch (cause) {
    throw new ConfigurationError('No region. Set AWS_REGION, or name one in the profile.', { cause })
  }
}
