/**
 * Terms of the standard that say nothing of a person. What a source has in their place, a name for instance, is none of
 * them and stays out. Lists are those of radiography, whole where the standard's are short.
 * @see DICOM PS3.3 C.7.3.1.1.1, C.7.6.3.1.2, C.8.11.5.1.1, PS3.16 Annex L, PS3.4 B.5
 */
const terms = {
  Modality: 'CR DX MG IO PX CT MR US NM PT XA RF RG XC ES OT SR PR SEG KO',
  BodyPartExamined:
    'ABDOMEN ABDOMENPELVIS ANKLE ARM BREAST CHEST CHESTABDOMEN CLAVICLE CSPINE ELBOW EXTREMITY FEMUR FINGER FOOT FOREARM HAND HEAD HEART HIP HUMERUS KNEE LEG LSPINE LUNG NECK PELVIS RIB SHOULDER SKULL SPINE STERNUM THORAX TSPINE WHOLEBODY WRIST',
  ViewPosition: 'AP PA LL RL RLD LLD RLO LLO',
  PhotometricInterpretation: 'MONOCHROME1 MONOCHROME2 RGB YBR_FULL YBR_FULL_422 YBR_ICT YBR_RCT',
  LossyImageCompression: '00 01',
  LossyImageCompressionMethod: 'ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_15444_15',
  SOPClassUID: [
    '1.2.840.10008.5.1.4.1.1.1',
    '1.2.840.10008.5.1.4.1.1.1.1',
    '1.2.840.10008.5.1.4.1.1.1.1.1',
    '1.2.840.10008.5.1.4.1.1.7',
    '1.2.840.10008.5.1.4.1.1.12.1',
    '1.2.840.10008.5.1.4.1.1.12.2',
  ].join(' '),
} as const

const sets = new Map(Object.entries(terms).map(([keyword, list]) => [keyword, new Set(list.split(' '))]))

/** The value where it is one of the terms; null otherwise. */
export function knownTerm(keyword: keyof typeof terms, value: string | null | undefined): string | null {
  const term = value?.trim() ?? ''
  return sets.get(keyword)?.has(term) ? term : null
}
