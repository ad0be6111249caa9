import type { Socket } from 'node:net'
import type { SenderTargetOfKind } from '../../delivery/delivery-config.ts'
import { type DeliveryOutcome, refused, unavailable } from '../../delivery/delivery-outcome.ts'
import { judgeStatus, worstOf } from '../../delivery/dicom/judge-status.ts'
import type { Delivery, Sender } from '../../delivery/sender.ts'
import { answerTypes, fromAcceptor, PduReader, ProtocolError, pduTypes } from '../dicom-network/pdu-reader.ts'
import {
  type AcceptedAssociation,
  encodeAssociateRequest,
  encodeReleaseRequest,
  encodeStore,
  type ProposedContext,
  parseAssociateAccept,
  StoreAnswer,
} from '../dicom-network/store-pdus.ts'
import { describeConnectionError } from './describe-connection-error.ts'
import { openSocket, type TlsCredentials } from './open-socket.ts'
import { type OutgoingObject, readOutgoingObject } from './outgoing-object.ts'

/** One association at a time, as receivers expect of one sender. */
const concurrency = 1

/** The acceptor ends the association, or does not begin it. */
class AssociationError extends Error {
  override readonly name = 'AssociationError'
  readonly reason: `association-${string}`

  constructor(reason: `association-${string}`) {
    super(reason)
    this.reason = reason
  }
}

/**
 * Sends the objects of a result to a storage SCP, in one association and byte for byte as they are stored.
 * @see DICOM PS3.4 Annex B
 */
export function createStoreSender(target: SenderTargetOfKind<'c-store'>, credentials: TlsCredentials = {}): Sender {
  return {
    concurrency,
    async send({ documents }: Delivery): Promise<DeliveryOutcome> {
      const objects = [...documents.values()].map(readOutgoingObject)
      if (!objects.every((object) => object !== null)) return refused('not-a-message')
      const signal = AbortSignal.timeout(target.timeoutSeconds * 1000)
      try {
        const socket = await openSocket(target, credentials, signal)
        try {
          return await storeAll(socket, objects, target)
        } finally {
          socket.destroy()
        }
      } catch (error) {
        if (error instanceof AssociationError) return unavailable(error.reason)
        if (error instanceof ProtocolError || error instanceof RangeError) return unavailable('answer-not-understood')
        return unavailable(describeConnectionError(signal.aborted ? signal.reason : error))
      }
    },
    async close() {},
  }
}

async function storeAll(
  socket: Socket,
  objects: readonly OutgoingObject[],
  target: SenderTargetOfKind<'c-store'>,
): Promise<DeliveryOutcome> {
  const answers = readPdus(socket)
  const contexts = contextsFor(objects)
  await write(socket, encodeAssociateRequest([...contexts.values()], target))
  const association = await accepted(answers)
  const outcomes: DeliveryOutcome[] = []
  for (const [index, object] of objects.entries()) {
    const { id } = contexts.get(syntaxesOf(object))!
    if (!association.contexts.has(id)) {
      outcomes.push(refused('class-not-accepted'))
      continue
    }
    const messageId = index + 1
    for (const pdu of encodeStore(id, messageId, object, association.maximumLength)) await write(socket, pdu)
    outcomes.push(judgeStatus(await statusOf(answers, messageId)))
  }
  // Every object is answered: how the association ends changes nothing.
  await write(socket, encodeReleaseRequest())
    .then(() => answers.next())
    .catch(() => {})
  return worstOf(outcomes)
}

/** One for each class: they are all of one transfer syntax, and it is the only one proposed, so that nothing is written anew. */
function contextsFor(objects: readonly OutgoingObject[]): Map<string, ProposedContext> {
  const contexts = new Map<string, ProposedContext>()
  for (const object of objects) {
    if (contexts.has(syntaxesOf(object))) continue
    const { sopClassUid, transferSyntaxUid } = object
    const id = contexts.size * 2 + 1
    contexts.set(syntaxesOf(object), { id, abstractSyntax: sopClassUid, transferSyntax: transferSyntaxUid })
  }
  return contexts
}

const syntaxesOf = ({ sopClassUid, transferSyntaxUid }: OutgoingObject): string => `${sopClassUid} ${transferSyntaxUid}`

async function accepted(answers: AsyncIterator<Buffer>): Promise<AcceptedAssociation> {
  const pdu = await nextOf(answers)
  if (pdu[0] === answerTypes.associateReject) {
    throw new AssociationError(`association-rejected-${pdu[7]}-${pdu[8]}-${pdu[9]}`)
  }
  if (pdu[0] !== answerTypes.associateAccept) throw new ProtocolError('no answer to the association')
  return parseAssociateAccept(pdu)
}

async function statusOf(answers: AsyncIterator<Buffer>, messageId: number): Promise<number> {
  const answer = new StoreAnswer(messageId)
  for (;;) {
    const pdu = await nextOf(answers)
    if (pdu[0] !== pduTypes.presentationData) throw new ProtocolError('no answer to the object')
    const status = answer.push(pdu)
    if (status !== null) return status
  }
}

async function nextOf(answers: AsyncIterator<Buffer>): Promise<Buffer> {
  const { value, done } = await answers.next()
  if (done) throw new AssociationError('association-closed')
  const pdu: Buffer = value
  if (pdu[0] === pduTypes.abort) throw new AssociationError('association-aborted')
  return pdu
}

async function* readPdus(socket: Socket): AsyncGenerator<Buffer> {
  const reader = new PduReader(fromAcceptor)
  for await (const chunk of socket) yield* reader.push(chunk)
}

/** Resolves when it is handed on: a large object is not gathered in the socket. */
const write = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
