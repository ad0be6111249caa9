import { describe, expect, it } from 'vitest'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { parseOrientation } from '../../lib/screening/radiograph/parse-orientation.ts'
import type { Radiograph } from '../../lib/screening/radiograph/radiograph.ts'
import { buildDicom, type DicomOptions, type Element } from './build-dicom.ts'
import { noCodecs } from './no-codecs.ts'

type Elements = NonNullable<DicomOptions['elements']>
const decode = (...elements: Elements): Promise<Radiograph> => decodeRadiograph(buildDicom({ elements }), noCodecs)
const refusal = (code: string) => ({ name: 'StudyRejectedError', code })

/** In the letters of UTF-8, as writers put them into attributes of any VR. */
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.length % 2 === 0 ? text : `${text} `))

const bodyPart = (text: string | null): Elements[number] => [0x0018, 0x0015, 'CS', text === null ? null : utf8(text)]
const viewPosition = (text: string | null): Elements[number] => [
  0x0018,
  0x5101,
  'CS',
  text === null ? null : utf8(text),
]
const seriesDescription = (text: string): Elements[number] => [0x0008, 0x103e, 'LO', utf8(text)]
const protocolName = (text: string): Elements[number] => [0x0018, 0x1030, 'LO', utf8(text)]
const processing = (text: string): Elements[number] => [0x0018, 0x1400, 'LO', utf8(text)]
const studyDescription = (text: string): Elements[number] => [0x0008, 0x1030, 'LO', utf8(text)]
const coded = (group: number, element: number, code: string, meaning?: string): Elements[number] => {
  const item: Element[] = [[0x0008, 0x0100, 'SH', code]]
  if (meaning !== undefined) item.push([0x0008, 0x0104, 'LO', utf8(meaning)])
  return [group, element, 'SQ', [item]]
}
const region = (code: string, meaning?: string) => coded(0x0008, 0x2218, code, meaning)
const viewCode = (code: string, meaning?: string) => coded(0x0054, 0x0220, code, meaning)

describe('the body part', () => {
  it.each([
    ...['CHEST', 'chest', 'Chest', 'CHEST_PA', 'CHEST 2V', 'PORT CHEST', 'CHESTABDOMEN', 'CXR', 'THORAX', 'Thorax AP'],
    ...[
      'TORAX',
      'TÓRAX',
      'RX TORAX',
      'TORACE',
      'PECHO',
      'POUMON',
      'POUMONS',
      'POITRINE',
      'CAGE THORACIQUE',
      'BRUSTKORB',
    ],
    ...[
      'LUNGE',
      'Rö-Thorax',
      'BORSTKAS',
      'BRÖSTKORG',
      'LUNGOR',
      'BRYSTKASSE',
      'KLATKA PIERSIOWA',
      'HRUDNÍK',
      'MELLKAS',
    ],
    ...[
      'TORACE',
      'GÖĞÜS',
      'AKCİĞER',
      'ГРУДНАЯ КЛЕТКА',
      'ОГК',
      'ΘΩΡΑΚΑΣ',
      '胸部',
      '胸',
      '肺',
      '흉부',
      'PULMONES',
      'LUNGS',
      'RIBS',
    ],
    ...[
      'CLAVICLE',
      'WHOLEBODY',
      'BODY',
      'TRUNK',
      'PORTABLE',
      'HEART',
      'COR PULM',
      'PULMÃO',
      'PA AC',
      'БЯЛ ДРОБ',
      'RINDKERE',
    ],
  ])('%s is a chest', async (text) => {
    await expect(decode(bodyPart(text))).resolves.toMatchObject({ facts: { bodyPartExamined: text } })
  })

  it.each([
    'UNKNOWN',
    'Unknown',
    'UNDEFINED',
    'NONE',
    'OTHER',
    'N/A',
    'UNSPECIFIED',
    'UNBEKANNT',
    'INCONNU',
    '未知',
    '-',
    'X',
    'NOT DEFINED',
    'ANONYMIZED',
    'XRAY',
    '',
  ])('%j says nothing', async (text) => {
    await expect(decode(bodyPart(text))).resolves.toBeDefined()
    await expect(decode(bodyPart(text), seriesDescription('HAND PA'))).rejects.toMatchObject(refusal('wrong-body-part'))
  })

  it.each([
    ...[
      'HAND',
      'ABDOMEN',
      'PORT ABDOMEN',
      'HIP',
      'KNEE',
      'SKULL',
      'PELVIS',
      'SHOULDER',
      'FOOT',
      'MANO',
      'PIED',
      'KNIE',
    ],
    ...[
      'LONG LEG',
      'THORACIC SPINE',
      'TSPINE',
      'THORACOLUMBAR',
      'CHEST SPINE',
      'BWS',
      'BRUSTWIRBELSÄULE',
      'COLUMNA TORACICA',
    ],
    ...[
      'RACHIS DORSAL',
      'COLONNE THORACIQUE',
      'ГРУДНОЙ ОТДЕЛ ПОЗВОНОЧНИКА',
      '胸椎',
      '흉추',
      '腹部',
      '骨盆',
      'BREAST',
      'MAMMA',
    ],
    ...['A PART THAT NOBODY KNOWS'],
  ])('%s is none', async (text) => {
    await expect(decode(bodyPart(text))).rejects.toMatchObject(refusal('wrong-body-part'))
  })

  it.each([
    ['a hand, in SNOMED-RT', region('T-D8700', 'Hand')],
    ['an abdomen, in SNOMED CT', region('818983003', 'Abdomen')],
    ['a code that is not known, without a meaning', region('T-D8700')],
    ['a thoracic spine', region('122495006', 'Thoracic spine')],
    ['a knee by its code, whatever the meaning', region('72696002', 'Thorax')],
    [
      'another part in its second item',
      [0x0008, 0x2218, 'SQ', [[[0x0008, 0x0100, 'SH', '816094009']], [[0x0008, 0x0100, 'SH', 'T-D8700']]]],
    ],
    ['nothing, and a structure within a hand', coded(0x0008, 0x2228, 'T-D8800', 'Finger')],
  ] as [string, Elements[number]][])('is refused when AnatomicRegionSequence says %s', async (_, element) => {
    await expect(decode(bodyPart(null), element)).rejects.toMatchObject(refusal('wrong-body-part'))
  })

  it.each([
    ['the chest, in SNOMED-RT', region('T-D3000')],
    ['the chest, in SNOMED CT', region('816094009')],
    ['the chest, in an older edition', region('51185008', 'Chest')],
    ['a rib', region('113197003', 'Rib')],
    ['a chest by a local code', region('THX', 'Thorax')],
    ['a chest by its meaning in French', region('1', 'Poumons')],
  ])('passes when AnatomicRegionSequence says %s', async (_, element) => {
    await expect(decode(bodyPart(null), element)).resolves.toBeDefined()
  })

  it('is refused when the series shows another part than the study was asked for', async () => {
    const knee = decode(bodyPart(null), seriesDescription('KNEE AP'), studyDescription('CHEST AND KNEE'))
    await expect(knee).rejects.toMatchObject(refusal('wrong-body-part'))
    const chest = decode(bodyPart(null), seriesDescription('CHEST AP'), studyDescription('KNEE'))
    await expect(chest).resolves.toBeDefined()
  })

  it('quotes a single word of what the file says, never a name', async () => {
    await expect(decode(bodyPart('KNEE'))).rejects.toThrow("body part examined 'KNEE'")
    await expect(decode(bodyPart('JANE DOE'))).rejects.toThrow('body part examined of several words or signs')
  })

  it('is refused when one of two attributes names another part', async () => {
    const both = decode(bodyPart('CHEST'), region('T-D8700', 'Hand'))
    await expect(both).rejects.toMatchObject(refusal('wrong-body-part'))
  })

  it.each([
    ['SeriesDescription', seriesDescription('Abdomen stehend')],
    ['ProtocolName', protocolName('KNEE AP')],
    ['AcquisitionDeviceProcessingDescription', processing('HAND,AP')],
    ['StudyDescription', studyDescription('XR FOOT 3 VIEWS')],
    ['a spine that is called by the chest', seriesDescription('THORACIC SPINE AP')],
    ['a spine that is called by the chest, in Spanish', studyDescription('Columna torácica')],
    ['a single word', protocolName('LEG')],
    ['ProcedureCodeSequence', coded(0x0008, 0x1032, '1', 'XR Foot')],
    ['RequestAttributesSequence', [0x0040, 0x0275, 'SQ', [[[0x0040, 0x0007, 'LO', 'Rodilla dos proyecciones']]]]],
  ] as [string, Elements[number]][])('is taken from %s where no attribute names it', async (_, element) => {
    await expect(decode(bodyPart(null), element)).rejects.toMatchObject(refusal('wrong-body-part'))
  })

  it.each([
    ['a chest among other parts', [bodyPart(null), studyDescription('CHEST AND ABDOMEN')]],
    [
      'a series of the chest in a study of the hip',
      [bodyPart(null), seriesDescription('Thorax pa'), studyDescription('HIP')],
    ],
    ['words of chest films that are parts too', [bodyPart(null), studyDescription('LINE PLACEMENT, NECK; ARMS UP')]],
    ['a description against the attribute', [bodyPart('CHEST'), studyDescription('HIP POST OP')]],
    ['a thoracic spine beside a chest', [bodyPart(null), studyDescription('CHEST, THORACIC SPINE')]],
    ['letters of a vendor', [bodyPart(null), [0x0018, 0x1401, 'LO', 'LEG']]],
    ['a part that is not known, described as a chest', [bodyPart('RXSTD'), seriesDescription('CHEST PA')]],
  ] as [string, Elements][])('passes with %s', async (_, elements) => {
    await expect(decode(...elements)).resolves.toBeDefined()
  })
})

describe('the view', () => {
  it.each([
    ...[
      'LL',
      'RL',
      'LAT',
      'LATERAL',
      'Lateral',
      'LLO',
      'RLO',
      'LAO',
      'RAO',
      'LPO',
      'RPO',
      'L',
      'R',
      'SAG',
      'SAGITTAL',
      'PROFIL',
    ],
    ...[
      'Profil gauche',
      'PERFIL',
      'PROFILO',
      'SEITLICH',
      'SEITL.',
      'SCHRÄG',
      'LATERO-LATERALE',
      'LATERALE',
      'LATERALĂ',
      'BOCZNE',
    ],
    ...[
      'BOČNÍ',
      'OLDALIRÁNYÚ',
      'YAN',
      'БОКОВАЯ',
      'ΠΛΑΓΙΑ',
      '侧位',
      '側面',
      '左前斜位',
      '측면',
      'DWARS',
      'OBLIQUE',
      'OBLICUA',
    ],
    ...['LLD', 'RLD', 'AP LLD', 'LEFT LATERAL DECUBITUS', 'XTABLE LATERAL', 'SWIMMERS', 'TANGENTIAL'],
    ...[
      'LEFT',
      'L/L',
      'LTLAT',
      'LATERALLEFT',
      'CROSS TABLE',
      'LOBL',
      'DORSAL DECUBITUS',
      'DE COSTADO',
      'LINKS ANLIEGEND',
    ],
    ...['FRÅN SIDAN', 'ZIJAANZICHT', 'СБОКУ', '側臥位', 'LT', 'LATERALL', 'DEXT-SIN', 'SIDO', 'OLDALIR'],
  ])('is refused for ViewPosition %s', async (text) => {
    await expect(decode(viewPosition(text))).rejects.toMatchObject(refusal('lateral-view'))
  })

  it.each([
    ...[
      'PA',
      'AP',
      'pa',
      'P.A.',
      'PA ERECT',
      'AP SUPINE',
      'AP AXIAL',
      'POSTERO_ANTERIOR',
      'Postero-anterior',
      'FRONTAL',
      'FACE',
    ],
    ...['正位', 'UNKNOWN', 'BILATERAL', 'COSTAL', 'ERECT', 'PORTABLE', 'DECÚBITO SUPINO', 'CHEST', ''],
  ])('passes with ViewPosition %j', async (text) => {
    const { warnings } = await decode(viewPosition(text))
    expect(warnings).toEqual([])
  })

  it('is unclear by a ViewPosition that nobody knows', async () => {
    expect((await decode(viewPosition('Y VIEW'))).warnings).toEqual(['view-unclear'])
    expect((await decode(viewPosition('Y VIEW'), viewCode('272479007'))).warnings).toEqual([])
  })

  const modified = (modifier: string): Elements[number] => [
    0x0054,
    0x0220,
    'SQ',
    [
      [
        [0x0008, 0x0100, 'SH', '399348003'],
        [0x0054, 0x0222, 'SQ', [[[0x0008, 0x0100, 'SH', modifier]]]],
      ],
    ],
  ]

  it.each([
    ['a cross-table view by its modifier', modified('111069')],
    [
      'a lateral in its second item',
      [0x0054, 0x0220, 'SQ', [[[0x0008, 0x0100, 'SH', 'R-10206']], [[0x0008, 0x0100, 'SH', 'R-10236']]]],
    ],
    ['a patient who lay on the side', coded(0x0054, 0x0410, '102538003', 'Recumbent, left lateral decubitus')],
    ['a patient on the side by PatientPosition', [0x0018, 0x5100, 'CS', 'HFDR']],
  ] as [string, Elements[number]][])('is refused for %s, though ViewPosition is AP', async (_, element) => {
    await expect(decode(viewPosition('AP'), element)).rejects.toMatchObject(refusal('lateral-view'))
  })

  it.each([
    ['angled upwards', modified('399196006')],
    ['of a patient who lay on the back', [0x0018, 0x5100, 'CS', 'HFS']],
    ['of a patient who stood', coded(0x0054, 0x0410, 'C86043', 'erect')],
  ] as [string, Elements[number]][])('passes %s', async (_, element) => {
    expect((await decode(viewPosition('AP'), element)).warnings).toEqual([])
  })

  it.each([
    ['a lateral by a local code', viewCode('LAT', 'lateral')],
    ['a lateral by its meaning', viewCode('99', 'Links seitlich')],
    ['a lateral in SNOMED CT', viewCode('399173006')],
    ['an oblique in SNOMED-RT', viewCode('R-40985')],
    ['an oblique AP', viewCode('399312000', 'antero-posterior oblique')],
  ])('is refused for %s', async (_, element) => {
    await expect(decode(viewPosition(null), element)).rejects.toMatchObject(refusal('lateral-view'))
  })

  it.each([
    ['SeriesDescription LATERAL', seriesDescription('LATERAL')],
    ['SeriesDescription Thorax seitlich', seriesDescription('Thorax seitlich')],
    ['SeriesDescription of a decubitus', seriesDescription('CHEST LATERAL DECUBITUS')],
    ['SeriesDescription in Chinese', seriesDescription('胸部侧位')],
    ...[
      'CXRLAT',
      'LATERALCHEST',
      'Thorax, linksanliegend',
      'Thorax li. anl.',
      'Yan akciğer grafisi',
      'Klatka piersiowa bok',
      'Pljuča stransko',
      'Lungor sida',
    ].map((text) => [`SeriesDescription ${text}`, seriesDescription(text)]),
    ['ProtocolName', protocolName('Tórax perfil')],
    ['AcquisitionDeviceProcessingDescription', processing('CHEST,LAT')],
    ['StudyDescription', studyDescription('XR CHEST LATERAL')],
    ['RequestedProcedureDescription', [0x0032, 0x1060, 'LO', 'Chest lateral']],
    ['PerformedProcedureStepDescription', [0x0040, 0x0254, 'LO', 'THORAX LAT']],
    ['BodyPartExamined', bodyPart('CHEST LAT')],
    ['BodyPartExamined in one word', bodyPart('CHESTLAT')],
    ['BodyPartExamined in letters', bodyPart('TORACE LL')],
    ['SeriesDescription in letters', seriesDescription('LL')],
    ['PerformedProtocolCodeSequence', coded(0x0040, 0x0260, 'L', 'Chest lateral')],
  ] as [string, Elements[number]][])(
    'is refused by %s where no attribute says that it is frontal',
    async (_, element) => {
      await expect(decode(viewPosition(null), element)).rejects.toMatchObject(refusal('lateral-view'))
    },
  )

  it.each([
    ['of the study', [seriesDescription('PA'), studyDescription('CHEST LATERAL')], []],
    ['of a patient on the back', [seriesDescription('Tórax decúbito dorsal')], []],
    ['that is a letter', [seriesDescription('L')], []],
    ['that means a side', [seriesDescription('CHEST, BILATERAL RIBS, LATERALITY L')], []],
    ['of two views', [seriesDescription('PA AND LATERAL')], ['view-unclear']],
    ['of two views, in the study', [studyDescription('XR CHEST 2 VIEWS W LATERAL')], ['view-unclear']],
    ['of a chest with a lateral', [studyDescription('CHEST ROUTINE W/LAT')], ['view-unclear']],
    ['of two planes', [protocolName('Thorax in 2 Ebenen, p.a. und seitlich')], ['view-unclear']],
  ] as [string, Elements, string[]][])('is not refused by a description %s', async (_, elements, expected) => {
    const { warnings } = await decode(viewPosition(null), ...elements)
    expect(warnings).toEqual(expected)
  })

  it.each([
    ['ViewPosition', [viewPosition('PA')]],
    ['the view code', [viewPosition(null), viewCode('272479007')]],
    ["the view code's meaning", [viewPosition(null), viewCode('1', 'Postero-Anterior')]],
  ] as [string, Elements][])('is what %s says, against a description, with a warning', async (_, elements) => {
    const { warnings } = await decode(...elements, seriesDescription('LATERAL'))
    expect(warnings).toEqual(['view-contradicted'])
  })

  it('has nothing to do with ImageLaterality', async () => {
    await expect(decode([0x0020, 0x0062, 'CS', 'L'])).resolves.toBeDefined()
  })
})

describe('a picture made from a radiograph', () => {
  it.each([
    ['DerivationDescription', [0x0008, 0x2111, 'ST', 'Bone suppressed by deep learning']],
    ['DerivationCodeSequence', coded(0x0008, 0x9215, '113062', 'Pixel by pixel subtraction')],
    ['ImageType', [0x0008, 0x0008, 'CS', 'DERIVED\\SECONDARY\\BONE_SUPPRESSED']],
    ['ImageType of a soft-tissue image', [0x0008, 0x0008, 'CS', 'DERIVED\\PRIMARY\\\\SOFT_TISSUE']],
    ['ImageType of a capture', [0x0008, 0x0008, 'CS', 'DERIVED\\SECONDARY\\CAD']],
    ['SeriesDescription', seriesDescription('CHEST PA Bone Suppression')],
    ['SeriesDescription of two energies', seriesDescription('Thorax Dual-Energy')],
    ['SeriesDescription of findings', seriesDescription('AI results heatmap')],
  ] as [string, Elements[number]][])('is refused by %s', async (_, element) => {
    await expect(decode(element)).rejects.toMatchObject(refusal('processed-image'))
  })

  it.each([
    ['lossy compression', [0x0008, 0x2111, 'ST', 'Lossy JPEG, réduction des bits, dark field subtracted']],
    ['a derived original', [0x0008, 0x0008, 'CS', 'DERIVED\\PRIMARY\\POST_PROCESSED']],
    ['the diagnosis in the study', studyDescription('CHEST PA, CAD, SOFT TISSUE SWELLING')],
  ] as [string, Elements[number]][])('is not suspected for %s', async (_, element) => {
    await expect(decode(element)).resolves.toBeDefined()
  })
})

describe('the age', () => {
  const born = (date: string): Elements[number] => [0x0010, 0x0030, 'DA', date]
  const age = (text: string | null): Elements[number] => [0x0010, 0x1010, 'AS', text]
  const study = (date: string): Elements[number] => [0x0008, 0x0020, 'DA', date]

  it.each([
    ['StudyDate', study('20240301')],
    ['AcquisitionDate', [0x0008, 0x0022, 'DA', '20240301']],
    ['AcquisitionDateTime', [0x0008, 0x002a, 'DT', '20240301120000']],
    ['SeriesDate', [0x0008, 0x0021, 'DA', '2024.03.01']],
    ['ContentDate', [0x0008, 0x0023, 'DA', '20240301']],
  ] as [string, Elements[number]][])(
    'comes from PatientBirthDate and %s where PatientAge is missing',
    async (_, taken) => {
      await expect(decode(age(null), born('20220115'), taken)).rejects.toMatchObject(refusal('paediatric'))
      expect((await decode(age(null), born('19640301'), taken)).facts.patientAgeYears).toBeCloseTo(60, 1)
    },
  )

  it.each([
    ['19000101', 'of the year 1900'],
    ['20250101', 'after the study'],
    ['00000000', 'of zeros'],
    ['unknown', 'that is none'],
  ])('is not known by the birth date %s, %s', async (date) => {
    const { facts, warnings } = await decode(age(null), born(date), study('20240301'))
    expect(facts.patientAgeYears).toBeNull()
    expect(warnings).toContain('age-unknown')
  })

  it('of 000Y is that of the birth date, or not known', async () => {
    await expect(decode(age('000Y'), born('20220115'), study('20240301'))).rejects.toMatchObject(refusal('paediatric'))
    expect((await decode(age('000Y'))).facts.patientAgeYears).toBeNull()
  })

  it('is that of PatientAge where both are there', async () => {
    expect((await decode(age('064Y'), born('20220115'), study('20240301'))).facts.patientAgeYears).toBe(64)
  })
})

describe('a child of unknown age', () => {
  const unknown: Elements[number] = [0x0010, 0x1010, 'AS', null]

  it.each([
    ['SeriesDescription', seriesDescription('NEONATAL CHEST AP')],
    ['StudyDescription', studyDescription('Thorax Kind')],
    ['BodyPartExamined', bodyPart('PED CHEST PEDIATRIC')],
  ] as [string, Elements[number]][])('is refused by %s', async (_, element) => {
    await expect(decode(unknown, element)).rejects.toMatchObject(refusal('paediatric'))
  })

  it('is none where the age is known', async () => {
    await expect(decode(seriesDescription('PEDIATRIC PROTOCOL'))).resolves.toBeDefined()
  })
})

describe('what is no patient', () => {
  it.each([
    ['a dog', [0x0010, 0x2201, 'LO', 'Canine species']],
    ['a cat, by its code', coded(0x0010, 0x2202, 'L-80A00', 'Feline species')],
    ['a test of the machine', [0x0028, 0x0300, 'CS', 'YES']],
  ] as [string, Elements[number]][])('is refused: %s', async (_, element) => {
    await expect(decode(element)).rejects.toMatchObject(refusal('not-a-frontal-chest'))
  })

  it.each([
    ['a human', [0x0010, 0x2201, 'LO', 'Homo sapiens']],
    ['no test', [0x0028, 0x0300, 'CS', 'NO']],
  ] as [string, Elements[number]][])('passes: %s', async (_, element) => {
    await expect(decode(element)).resolves.toBeDefined()
  })
})

describe('the modality', () => {
  const modality = (text: string, sopClass: string): Elements => [
    [0x0008, 0x0060, 'CS', text],
    [0x0008, 0x0016, 'UI', sopClass],
  ]
  const digitalXRay = '1.2.840.10008.5.1.4.1.1.1.1'

  it.each([
    ['DR', digitalXRay],
    ['XR', digitalXRay],
    ['dx', digitalXRay],
    ['CR', '1.2.392.200036.9125.1.1.2'],
  ])('%s passes with the SOP class %s', async (text, sopClass) => {
    await expect(decode(...modality(text, sopClass))).resolves.toBeDefined()
  })

  it.each(['CT', 'MG', 'XA', 'US', 'BMD'])('%s is refused with any SOP class', async (text) => {
    await expect(decode(...modality(text, digitalXRay))).rejects.toMatchObject(refusal('wrong-modality'))
  })
})

describe('PatientOrientation', () => {
  it.each([
    [
      ['L', 'F'],
      ['L', 'F'],
    ],
    [
      ['r', 'f'],
      ['R', 'F'],
    ],
    [
      ['RIGHT', 'FOOT'],
      ['R', 'F'],
    ],
    [
      ['Left', 'Head'],
      ['L', 'H'],
    ],
    [
      ['links', 'fuss'],
      ['L', 'F'],
    ],
    [['L/F'], ['L', 'F']],
    [['R F'], ['R', 'F']],
    [
      ['LA', 'F'],
      ['LA', 'F'],
    ],
    [
      ['A', 'F'],
      ['A', 'F'],
    ],
    [['', ''], null],
    [[], null],
    [['L'], 'unusable'],
    [['L', ''], 'unusable'],
    [['L', 'R'], 'unusable'],
    [['LR', 'F'], 'unusable'],
    [['HF', 'F'], 'unusable'],
    [['X', 'Y'], 'unusable'],
    [['UP', 'DOWN'], 'unusable'],
    [['L', 'F', 'A'], 'unusable'],
  ] as [string[], unknown][])('%j is understood as %j', (values, expected) => {
    expect(parseOrientation(values)).toEqual(expected)
  })

  it('that is not understood is left out with a warning', async () => {
    const { facts, warnings } = await decode([0x0020, 0x0020, 'CS', 'UP\\DOWN'])
    expect(facts).toMatchObject({ patientOrientation: null, orientationUnusable: true })
    expect(warnings).toEqual(['orientation-unusable'])
  })

  it('in small letters still refuses a lateral', async () => {
    await expect(decode([0x0020, 0x0020, 'CS', 'a\\f'])).rejects.toMatchObject(refusal('lateral-view'))
  })
})

describe('text', () => {
  it.each([
    ['ISO_IR 100', Uint8Array.of(0x54, 0xd3, 0x52, 0x41, 0x58, 0x20)],
    ['ISO_IR 148', Uint8Array.of(0x47, 0xd6, 0xd0, 0xdc, 0xde, 0x20)],
    ['ISO_IR 144', Uint8Array.of(0xb3, 0xc0, 0xc3, 0xb4, 0xcc, 0x20)],
    ['GB18030', Uint8Array.of(0xd0, 0xd8, 0xb2, 0xbf)],
    ['ISO_IR 13\\ISO 2022 IR 87', Uint8Array.of(0x1b, 0x24, 0x42, 0x36, 0x3b, 0x49, 0x74, 0x1b, 0x28, 0x4a)],
    ['\\ISO 2022 IR 149', Uint8Array.of(0x1b, 0x24, 0x29, 0x43, 0xc8, 0xe4, 0xba, 0xce)],
    ['\\ISO 2022 IR 58', Uint8Array.of(0x1b, 0x24, 0x29, 0x41, 0xd0, 0xd8, 0xb2, 0xbf)],
  ])('in %s is read', async (characterSet, bytes) => {
    const chest = decode([0x0008, 0x0005, 'CS', characterSet], [0x0018, 0x0015, 'CS', bytes])
    await expect(chest).resolves.toBeDefined()
  })

  it('of a sequence is read by the character set of the data set', async () => {
    const meaning: Element = [0x0008, 0x0104, 'LO', Uint8Array.of(0xb2, 0xe0, 0xce, 0xbb)]
    const lateral = decode([0x0008, 0x0005, 'CS', 'GB18030'], [0x0054, 0x0220, 'SQ', [[meaning]]])
    await expect(lateral).rejects.toMatchObject(refusal('lateral-view'))
  })
})
