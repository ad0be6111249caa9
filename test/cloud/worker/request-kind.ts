import type { IncomingMessage } from 'node:http'

/** What a worker asks of the cloud, as far as a proxy can tell. */
export type RequestKind =
  | 'receive'
  | 'get-result'
  | 'get-prepared'
  | 'put-picture'
  | 'put-result'
  | 'put-receipt'
  | 'put-event'
  | 'put-failure'
  | 'put-attempt'
  | 'delete-attempt'
  | 'set-aside'
  | 'delete-failure'
  | 'acknowledge'
  | 'extend'
  | 'other'

const byPath: [string, RegExp, RequestKind][] = [
  ['GET', /\/results\/.*\/result\.json/, 'get-result'],
  ['GET', /\/prepared\//, 'get-prepared'],
  ['PUT', /\/results\/.*\.png/, 'put-picture'],
  ['PUT', /\/results\/.*\/result\.json/, 'put-result'],
  ['PUT', /\/usage\/.*\/receipts\//, 'put-receipt'],
  ['PUT', /\/failures\/.*\/attempts\//, 'put-attempt'],
  ['DELETE', /\/failures\/.*\/attempts\//, 'delete-attempt'],
  ['PUT', /\/failures\//, 'put-failure'],
  ['DELETE', /\/failures\//, 'delete-failure'],
]
const byTarget: Readonly<Record<string, RequestKind>> = {
  'AmazonSQS.ReceiveMessage': 'receive',
  'AmazonSQS.SendMessage': 'set-aside',
  'AmazonSQS.DeleteMessage': 'acknowledge',
  'AmazonSQS.ChangeMessageVisibility': 'extend',
  'AWSEvents.PutEvents': 'put-event',
}

export function requestKindOf({
  method,
  url,
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): RequestKind {
  const target = byTarget[String(headers['x-amz-target'])]
  if (target) return target
  return byPath.find(([verb, path]) => verb === method && path.test(url ?? ''))?.[2] ?? 'other'
}
