import { type DataSet, encodeDataSet } from './data-set.ts'

const explicitVrLittleEndian = '1.2.840.10008.1.2.1'
/** The UUID of this writer, in decimal. */
const implementationClassUid = '2.25.189320164386914562817463920574683125075'

/** The object as a file in explicit VR little endian, which every receiver takes. @see DICOM PS3.10 7.1 */
export function writePart10(object: DataSet): Buffer {
  const meta = encodeDataSet({
    FileMetaInformationVersion: Uint8Array.of(0, 1),
    MediaStorageSOPClassUID: object.SOPClassUID,
    MediaStorageSOPInstanceUID: object.SOPInstanceUID,
    TransferSyntaxUID: explicitVrLittleEndian,
    ImplementationClassUID: implementationClassUid,
    ImplementationVersionName: 'PLEURA',
  })
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM', 'latin1'),
    encodeDataSet({ FileMetaInformationGroupLength: meta.length }),
    meta,
    encodeDataSet(object),
  ])
}
