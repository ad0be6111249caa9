/**
 * Every reason for which a study is not analysed, with what the sender can do about it.
 * The list is part of the contract: codes are added, never renamed.
 */
export const rejectionReasons = {
  'not-an-image': 'The file is neither a DICOM image nor a PNG or JPEG. Send the radiograph itself.',
  unreadable: 'The file could not be opened or read. Check that it exists and may be read, then send it again.',
  'unreadable-object':
    "The object in the bucket is archived, or encrypted with a key that is not the bucket's. Send it again without storage class and encryption headers.",
  truncated: 'The file ends before its content does. Send it again; check the transfer.',
  'malformed-dicom': 'The DICOM data set breaks the encoding rules of PS3.5. Export it again from the source system.',
  'unsupported-transfer-syntax': 'The transfer syntax is not one we decode. Send a listed greyscale syntax.',
  'unsupported-photometric': 'The photometric interpretation is not greyscale. Send MONOCHROME1 or MONOCHROME2.',
  'unsupported-bits': 'Only 8 or 16 bits allocated, integer pixel data, are decoded.',
  'missing-pixel-data': 'The object holds no pixel data. Send the image object, not a report or a presentation state.',
  'multi-frame': 'The object holds more than one frame. Send the single radiograph.',
  'inconsistent-pixel-data': 'The pixel attributes contradict each other or the encoded image. Export it again.',
  'corrupt-pixel-data': 'The compressed pixel data cannot be decoded. Send it again; check the transfer.',
  'too-small': 'The image has fewer pixels than a readable chest radiograph. Send the full image.',
  'too-large': 'The file or image exceeds the limits. Send a single radiograph.',
  'too-complex': 'The data set nests or repeats beyond the limits. Export it again without the private content.',
  'wrong-modality': 'The modality is not a projection radiograph (CR, DX or a secondary capture of one).',
  'wrong-body-part': 'The body part examined is not the chest.',
  'lateral-view': 'The view is not frontal. Send the PA or AP view.',
  'processed-image':
    'The picture was made from a radiograph: bone-suppressed, dual-energy, or marked by a computer. Send the radiograph itself.',
  paediatric: 'The patient is younger than the age the models are meant for.',
  blank: 'The image holds no contrast: its pixels are (nearly) the same, or its modality table makes them so.',
  'not-a-frontal-chest': 'The pixels do not look like a frontal chest radiograph.',
  'time-limit': 'Decoding took longer than allowed; the pixel data is probably corrupt.',
  'quota-exceeded':
    'The agreed number of images of this month is used up. Raise the quota or send it again next month.',
  'budget-stop': 'The agreed spending of this month is used up. Raise the budget or send it again next month.',
} as const

export type RejectionCode = keyof typeof rejectionReasons
export const rejectionCodes = Object.keys(rejectionReasons) as RejectionCode[]

/**
 * The study cannot be analysed as it is, however often it is tried: its sender gets a document, and there is no retry.
 */
export class StudyRejectedError extends Error {
  override readonly name = 'StudyRejectedError'
  readonly code: RejectionCode

  /** @param detail What was found, without patient data: attribute keywords, numbers, UIDs of the standard. */
  constructor(code: RejectionCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}

/** Something outside failed for now (a throttled store, a lost connection): retry the same work. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
}

/**
 * The inputs hold no picture, often because a folder is not mounted: nothing failed, but it must not pass for success.
 */
export class NothingToAnalyseError extends Error {
  override readonly name = 'NothingToAnalyseError'

  /** @param setAside Number of entries that were set aside: notes, tables, hidden folders. */
  constructor(paths: readonly string[], setAside = 0) {
    const others = setAside > 0 ? ` (${setAside} set aside: no picture by its kind, or hidden)` : ''
    super(`There is no picture in ${paths.join(', ')}${others}. Is it the right folder, and is it mounted?`)
  }
}

/** The program cannot start as it is set up. The message says what is wrong, the value, and the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}
