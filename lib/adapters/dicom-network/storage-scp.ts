import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import dimse, { type association, type requests, type responses } from 'dcmjs-dimse'
import { type ArrivingFile, type KeptObject, ObjectTooLargeError } from '../embedded/arriving-file.ts'
import type { Inbox } from '../embedded/inbox.ts'
import { negotiateContexts } from './negotiate-contexts.ts'
import { buildPartTenHead, implementationClassUid, implementationVersionName } from './part-ten-head.ts'
import { maximumPduBytes } from './pdu-reader.ts'
import { silenceLibraries } from './silence-libraries.ts'

const { PresentationContextResult, RejectReason, RejectResult, RejectSource, Status } = dimse.constants
dimse.Implementation.setImplementationClassUid(implementationClassUid)
dimse.Implementation.setImplementationVersion(implementationVersionName)
dimse.Implementation.setMaxPduLength(maximumPduBytes)
silenceLibraries()

/** Of C-STORE, beside those the library names. @see DICOM PS3.4 Table B.2-1 */
const storeStatus = { outOfResources: 0xa700, cannotUnderstand: 0xc000 } as const
const uidForm = /^[0-9]+(\.[0-9]+)*$/
const maximumUidLength = 64

export type AssociationRefusal = 'called-ae-title' | 'calling-ae-title' | 'too-many-associations'

export interface StorageScpParts {
  readonly inbox: Inbox
  /** Null where the association is welcome. */
  readonly judge: (calledAeTitle: string, callingAeTitle: string) => AssociationRefusal | null
  readonly onRefused: (refusal: AssociationRefusal) => void
  readonly onKept: (kept: KeptObject) => void
  /** An object is answered with a failure. */
  readonly onNotKept: (cause: unknown) => void
  /** What was asked for is answered. */
  readonly onAnswered: () => void
  readonly onReleased: () => void
  readonly onAborted: () => void
  /** An answer could not be made. */
  readonly onDefect: () => void
}

/** An object on its way to a file, or to nowhere and then refused with a status. */
type Reception =
  | { readonly sink: ArrivingFile; readonly refusal: null }
  | { readonly sink: Writable; readonly refusal: number }

/**
 * The receiving side of one association. The library parses associations and commands; a data set goes past it, byte
 * for byte, to a file, and is answered when that is on disk (decision 0022). Nothing here may throw: what the library
 * calls runs in promises that nobody awaits.
 */
export class StorageScp extends dimse.Scp {
  readonly #parts: StorageScpParts
  readonly #receptions = new Map<object, Reception>()

  constructor(socket: Socket, parts: StorageScpParts) {
    super(socket)
    this.#parts = parts
  }

  /** Objects that have begun to arrive and are not answered. */
  get underWay(): number {
    return this.#receptions.size
  }

  /** The data set that has begun to arrive; null between data sets. */
  get arriving(): Writable | null {
    for (const { sink } of this.#receptions.values()) if (!sink.writableEnded) return sink
    return null
  }

  /** The association is over: what has not arrived whole is dropped. */
  drop(): void {
    this.arriving?.destroy()
  }

  override associationRequested(requested: association.Association): void {
    const refusal = this.#parts.judge(requested.getCalledAeTitle(), requested.getCallingAeTitle())
    if (refusal) {
      this.#reject(refusal)
      this.#parts.onRefused(refusal)
      return
    }
    negotiateContexts(requested)
    // What the peer announced is what it takes; the answers are short.
    requested.setMaxPduLength(maximumPduBytes)
    this.sendAssociationAccept()
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse()
    this.#parts.onReleased()
  }

  override abort(): void {
    this.#parts.onAborted()
  }

  override cEchoRequest(request: requests.CEchoRequest, callback: (response: responses.CEchoResponse) => void): void {
    const response = dimse.responses.CEchoResponse.fromRequest(request)
    response.setStatus(Status.Success)
    callback(response)
    this.#parts.onAnswered()
  }

  override createStoreWritableStream(
    context: association.PresentationContext,
    request: requests.CStoreRequest,
  ): Writable {
    const refusal = refusalOf(context, request)
    const reception: Reception =
      refusal === null ? { sink: this.#openFile(context, request), refusal } : { sink: discard(), refusal }
    this.#receptions.set(request, reception)
    return reception.sink
  }

  /** The library would parse the data set, and write it anew where it is stored. */
  override createDatasetFromStoreWritableStream(
    _writable: Writable,
    _context: association.PresentationContext,
    callback: (dataset: never) => void,
  ): void {
    callback(undefined as never)
  }

  override cStoreRequest(
    request: requests.CStoreRequest,
    callback: (response: responses.CStoreResponse) => void,
  ): void {
    const reception = this.#receptions.get(request)
    this.#settle(reception)
      .then((status) => {
        const response = dimse.responses.CStoreResponse.fromRequest(request)
        response.setStatus(status)
        callback(response)
        this.#receptions.delete(request)
        this.#parts.onAnswered()
      })
      .catch(() => this.#parts.onDefect())
  }

  #openFile(context: association.PresentationContext, request: requests.CStoreRequest): ArrivingFile {
    const head = buildPartTenHead({
      sopClassUid: request.getAffectedSopClassUid(),
      sopInstanceUid: request.getAffectedSopInstanceUid(),
      transferSyntaxUid: context.getAcceptedTransferSyntaxUid()!,
    })
    const file = this.#parts.inbox.receive(head.length)
    file.write(head)
    return file
  }

  /** The status of the answer. Success only when the object is on disk. */
  async #settle(reception: Reception | undefined): Promise<number> {
    // A request without a data set.
    if (!reception) return storeStatus.cannotUnderstand
    if (reception.refusal !== null) {
      this.#parts.onNotKept(null)
      return reception.refusal
    }
    try {
      this.#parts.onKept(await reception.sink.keep())
      return Status.Success
    } catch (error) {
      this.#parts.onNotKept(error)
      // Whatever is wrong on our side may be mended: the sender is to try again.
      return error instanceof ObjectTooLargeError ? storeStatus.cannotUnderstand : storeStatus.outOfResources
    }
  }

  #reject(refusal: AssociationRefusal): void {
    if (refusal === 'too-many-associations') {
      const { ServiceProviderPresentation } = RejectSource
      this.sendAssociationReject(RejectResult.Transient, ServiceProviderPresentation, RejectReason.LocalLimitExceeded)
      return
    }
    const reason =
      refusal === 'called-ae-title' ? RejectReason.CalledAeNotRecognized : RejectReason.CallingAeNotRecognized
    this.sendAssociationReject(RejectResult.Permanent, RejectSource.ServiceUser, reason)
  }
}

/** Null where the object is taken. */
function refusalOf(context: association.PresentationContext, request: requests.CStoreRequest): number | null {
  if (context.getResult() !== PresentationContextResult.Accept) return Status.SopClassNotSupported
  if (context.getAbstractSyntaxUid() !== request.getAffectedSopClassUid()) return Status.DataSetSopClassMismatch
  return isUid(request.getAffectedSopInstanceUid()) ? null : Status.InvalidObjectInstance
}

const isUid = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= maximumUidLength && uidForm.test(value)

const discard = (): Writable => new Writable({ write: (_chunk, _encoding, callback) => callback() })
