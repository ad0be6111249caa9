import { InvalidArgumentError } from 'commander'

/** A queue's address: without a scheme the SDK would fail over it with a stack of its own. */
export function parseUrl(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('expected a URL, such as https://sqs.eu-central-1.amazonaws.com/123456789012/name')
  }
  return text
}
