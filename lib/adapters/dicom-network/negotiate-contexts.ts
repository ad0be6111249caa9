import dimse, { type association } from 'dcmjs-dimse'
import { radiographSopClasses } from '../../screening/radiograph/suitability.ts'
import {
  decodedTransferSyntaxes,
  explicitLittleEndian,
  implicitLittleEndian,
  transferSyntaxOf,
} from '../../screening/radiograph/transfer-syntax.ts'

const { Accept, RejectAbstractSyntaxNotSupported, RejectTransferSyntaxesNotSupported } =
  dimse.constants.PresentationContextResult

const verificationSopClass = '1.2.840.10008.1.1'

/**
 * Answers every proposed presentation context: what is screened, in a transfer syntax that is decoded, and C-ECHO.
 * A sender learns here, and not from a result, that it offers something else. @see DICOM PS3.8 9.3.3.2
 */
export function negotiateContexts(requested: association.Association): void {
  for (const { context } of requested.getPresentationContexts()) {
    const abstractSyntax = context.getAbstractSyntaxUid()
    const isVerification = abstractSyntax === verificationSopClass
    const transferSyntax = chooseTransferSyntax(
      context.getTransferSyntaxUids(),
      isVerification ? [explicitLittleEndian, implicitLittleEndian] : decodedTransferSyntaxes,
    )
    if (!isVerification && !radiographSopClasses.includes(abstractSyntax)) {
      context.setResult(RejectAbstractSyntaxNotSupported)
    } else if (transferSyntax === null) context.setResult(RejectTransferSyntaxesNotSupported)
    else context.setResult(Accept, transferSyntax)
    // Roles and windows that are not answered stay the default: the requestor sends, one message at a time.
    context.setUserRole(undefined as unknown as boolean)
    context.setProviderRole(undefined as unknown as boolean)
  }
  requested.setNegotiateAsyncOps(false)
}

/**
 * The sender's first that loses nothing; a lossy one only where nothing else is offered, so that no sender compresses
 * for us. Implicit VRs come in between: they lose what a private element is.
 */
function chooseTransferSyntax(proposed: readonly string[], accepted: readonly string[]): string | null {
  const decoded = proposed.filter((uid) => accepted.includes(uid))
  const lossless = decoded.filter((uid) => !transferSyntaxOf(uid).lossy)
  return lossless.find((uid) => uid !== implicitLittleEndian) ?? lossless[0] ?? decoded[0] ?? null
}
