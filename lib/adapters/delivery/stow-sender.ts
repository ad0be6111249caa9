import type { SenderTargetOfKind } from '../../delivery/delivery-config.ts'
import { type DeliveryOutcome, refused, unavailable } from '../../delivery/delivery-outcome.ts'
import { judgeStoreAnswer } from '../../delivery/dicom/judge-store-answer.ts'
import type { Delivery, Sender } from '../../delivery/sender.ts'
import type { Clock } from '../../screening/kernel/ports.ts'
import { describeConnectionError } from './describe-connection-error.ts'
import { authorizationHeader, HttpExchange } from './http-exchange.ts'
import { type OutgoingObject, readOutgoingObject } from './outgoing-object.ts'

/** Each holds all objects of a result in memory, a Secondary Capture of some 30 MB among them. */
const concurrency = 2
const maximumAnswerBytes = 4 * 1024 * 1024

/** Stores the objects of a result in one request. @see DICOM PS3.18 10.5 */
export function createStowSender(
  target: SenderTargetOfKind<'stow'>,
  authorization: string | null,
  clock: Clock,
): Sender {
  const url = new URL(target.url)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/studies`
  const exchange = new HttpExchange(url.href, { ...target, concurrency, maximumAnswerBytes })
  return {
    concurrency,
    async send({ key, documents }: Delivery): Promise<DeliveryOutcome> {
      const objects = [...documents.values()].map(readOutgoingObject)
      if (!objects.every((object) => object !== null)) return refused('not-a-message')
      // The objects hold text and pixels: 128 random bits do not stand in them.
      const boundary = `pleura-${key}`
      try {
        const answer = await exchange.post(multipart(objects, boundary), {
          'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
          accept: 'application/dicom+json',
          ...authorizationHeader(authorization),
        })
        return judgeStoreAnswer(
          objects.map(({ sopInstanceUid }) => sopInstanceUid),
          answer,
          clock.now(),
        )
      } catch (error) {
        return unavailable(describeConnectionError(error))
      }
    },
    async close() {
      exchange.close()
    },
  }
}

const multipart = (objects: readonly OutgoingObject[], boundary: string): Buffer =>
  Buffer.concat([
    ...objects.flatMap(({ file }) => [
      Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
      file,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
