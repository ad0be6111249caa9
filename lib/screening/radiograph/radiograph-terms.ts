import { TermList } from './term-list.ts'

/*
 * The terms by which files say what they show; docs/decisions/0015 names where they come from. Defined terms and codes
 * of the standard first, then those of data sets and vendors, then the words of one language a line: en, de, nl, sv/da/no/fi,
 * fr, es/pt/it/ca, ro, pl/cs/sk/hr/sl, hu, tr, ru/uk/bg, el, zh/ja/ko, others.
 */

/** The chest itself. */
const chest = [
  '*CHEST*, *THORAX*, *THORAC*, *THORAK*, CXR, PCXR, XRCHEST*, CHST, THX',
  '*BRUSTKORB*, BRUST, *BORSTKAS*, BORST',
  'BROSTKORG*, BRYSTKASSE*, BRYST, BRINGA, BRINGE, RINTAKEHA, KEUHKO*, RINTA',
  'POITRINE, *TORAX*, *TORAC*, TORAKS*, PECHO, PEITO, PETTO, PIEPT',
  'KLATK* PIERSIOW*, KLATK*, PIERS*, KLP, HRUDNIK*, HRUDN*, HRUD, GRUDNI*, GRUDI, PRSNI KOS',
  'MELLKAS*, GOGUS*, AKCIGER*, ГРУДН*, ГРУДЬ, ОГК, ГРЪД*, ГРЪДЕН*, ΘΩΡΑΚ*, ΘΩΡΑΞ',
  '胸, 흉부, 가슴, ทรวงอก, صدر, الصدر, חזה, NGUC, DADA',
]

/** What lies in the chest or is filmed with it; bedside and trauma terms, which stand for chests in practice. */
const withinChest = [
  'LUNG*, *RIBS, RIB, RIBCAGE, CLAVIC*, STERNUM, TORSO, TRUNK, =BODY, *WHOLEBODY*, WHOLE BODY',
  'PORT*, PULMO*, MEDIASTIN*, RIPPE*, BRUSTBEIN, LONGEN, LONGFOTO, RIBBEN',
  'POUMON*, PULMON*, GRIL COSTAL, GRILL COSTAL, COTES, COSTILLA*, COSTELA*',
  'POLMON*, PARRILLA COSTAL, PLAMAN*, PLUC*, PLIC*, TUDO*, ЛЕГК*, ЛЕГЕН*, БЕЛОДРОБ*, ΠΝΕΥΜΟΝ*',
  '肺, 肋, 폐, ปอด, PHOI, PARU*',
]

/** Spine and breast: where they are named beside the chest, it is they that are meant. */
const notTheChest = [
  '*SPINE*, SPINAL, *VERTEBR*, *LUMBAR*, *LUMBO*, *WIRBEL*, BWS, HWS, LWS, *WERVEL*, RYGGRAD',
  'RACHIS, COLONNE, COLUMNA, COLUNA, COLONNA, COLOANA, RAQUIS, KREGOSLUP*, PATER*, GERINC*, OMURGA*',
  'ПОЗВОН*, ΣΠΟΝΔΥΛ*, 椎, 脊, 척추, 흉추, TSPINE, TLSPINE',
  'BREAST*, MAMMO*, MAMMA*, MAMA, 乳',
]

/** Parts of PS3.16 Annex L and their like, by words that seldom stand in the description of a chest film. */
const otherParts = [
  '*ABDOM*, ABD, KUB, PELVI*, HIP, HIPS, SHOULDER*, ELBOW*, WRIST*, HAND, HANDS, FINGER*',
  'THUMB*, FOREARM*, HUMERUS, RADIUS, ULNA, FEMUR*, KNEE*, PATELLA, TIBIA*, FIBULA, ANKLE*',
  'FOOT, FEET, TOE, TOES, CALCANEUS, HEEL, SKULL*, SINUS*, MANDIBLE, FACIAL*, ORBIT*, SCAPULA',
  'SACRUM, COCCYX, EXTREMIT*, BECKEN*, HUFTE*, SCHULTER*, ELLENBOGEN*, HANDGELENK*, KNIE*',
  'SPRUNGGELENK*, FUSS, SCHADEL*, BASSIN, HANCHE, EPAULE, COUDE, POIGNET, GENOU*, CHEVILLE',
  'PIED, PIEDS, CRANE, MANO, MANOS, PIE, PIES, RODILLA*, CADERA*, TOBILLO*, MUNECA, HOMBRO*, CODO',
  'CRANEO, GINOCCHIO, BACINO, SPALLA, GOMITO, CAVIGLIA, PIEDE, JOELHO*, OMBRO, TORNOZELO, BACIA',
  'BRZUCH*, KOLAN*, BRICHO, КОЛЕН*, ТАЗ, КИСТ*, СТОП*, ЖИВОТ*, БРЮШН*, 腹, 膝, 足, 肘, 肩',
  '骨盆, 骨盤, 頭, 头, 복부, 무릎, 골반',
]

/** Parts whose words stand in descriptions of chest films too: looked for where only a part is named. */
const otherPartsByName = ['ARM*, LEG, LEGS, HEAD, NECK, FACE, BACK, JAW*, EYE*, NOSE, EAR, TEETH, TOOTH, DENTAL']

/** The whole of a BodyPartExamined that says nothing. */
const saysNothing = [
  'UNKNOWN*, UNKNWON, UNK, UNDEFINED, UNSPECIFIED, NOT SPECIFIED, NONE, NULL, NIL, NA, N A, NOS',
  'OTHER, OTHERS, DEFAULT, ANY, ALL, GENERAL, MISC*, VARIOUS, X, XX, XXX, TBD, NOT APPLICABLE',
  'UNBEKANNT, SONSTIGE*, INCONNU*, AUTRE*, DESCONOCID*, DESCONHECID*, OTRO*, OUTRO*, SCONOSCIUT*',
  'ALTRO, ONBEKEND, OKAND, UKENDT, UKJENT, NIEZNAN*, INNE, НЕИЗВЕСТ*, 不明, 未知, 其他, その他',
].flatMap((line) => line.split(', ').map((term) => `=${term}`))

/** From the side. */
const lateral = [
  'LATERAL, LATERALE, LATERALA, LATERALES, LATERALIS, LATERALNA, LATERALNE, LATERALNI, LAT, LATS, LLAT, RLAT',
  'LATL, LATR, LATLEFT, LATRIGHT, LEFTLAT*, RIGHTLAT*, CHESTLAT*, THORAXLAT*, TORAXLAT*, LATCHEST',
  'LATTHORAX, XTABLE, XTL, SWIMMERS, SAGITTAL, SAGITTALE, SAGGITAL, SAGITAL, SAG, SIDE VIEW, SIDEVIEW',
  'SEITLICH*, SEITL, SEITENBILD, SEITAUFNAHME, SEITENAUFNAHME, SEITENANSICHT, DWARS, DWARSE, ZIJDELINGS*, ZIJWAARTS*',
  'LATERAAL, SIDOBILD, SIDEBILDE, SIDEBILLEDE, SIVUKUVA, PROFIL, PERFIL, PROFILO, LATEROLATERAL*',
  'BOCZN*, BOCNI, BOCNY, BOCNA, BOCNE, OLDALIRANYU, OLDALFELVETEL, OLDALNEZET*, YAN GRAFI, LATERAL GRAFI',
  'БОКОВ*, ПРОФИЛЬН*, ЛАТЕРАЛЬН*, ПРОФИЛНА, ΠΛΑΓΙ*, ΠΡΟΦΙΛ, 侧位, 側位, 側面, 侧面, 측면, 측위, ด้านข้าง, NGHIENG, جانبي, صورة جانبية, צידי',
]

/** Between the two, and lying on the side: frontal rays, yet air and organs lie where no model here has learnt them. */
const obliqueOrDecubitus = [
  'OBL, OBLIQUE*, LAO, RAO, LPO, RPO, LLO, RLO, OAD, OAG, OPD, OPG, DECUB*, LLD, RLD',
  'SCHRAG*, SCHRAEG*, SEITENLAGE, LINKSSEITENLAGE, RECHTSSEITENLAGE, SCHUIN*, SNEDBILD, SKRABILDE, VIISTO*',
  'OBLICU*, OBLIQU*, OBLIC*, SKOSN*, SIKM*, FERDE, КОСАЯ, КОСОЙ, ΛΟΞ*, 斜位, 사위',
]

/** What says so in ViewPosition or a view's code only: letters and words that mean much else in a sentence. */
const notFrontalByCode = [
  '=L, =R, LL, RL, LATERO, SIDE, SEITE, SEITENLAGE, TRANSVERSAL, TRANSVERSE, SAGITTALIS, PROFILE',
  'SIDA, SIDAN, SIVU, SNED, SKRA, BOK, OLDAL, KOSA, KOSI, KOSO, YAN, YANDAN, БОК, КОС, ПРОФИЛ, 斜, 侧, 側',
  'MEDIOLATERAL*, LATEROMEDIAL*, ML, LM, MLO, AXIAL LATERAL, TANGENTIAL',
]

const frontal = [
  'PA, AP, *POSTEROANTERIOR*, *ANTEROPOSTERIOR*, POSTERO ANTERIOR*, ANTERO POSTERIOR*, POSTERIOR ANTERIOR',
  'ANTERIOR POSTERIOR, FRONTAL*, FRONT, CORONAL, PAAP, APPA, LORDOTIC*, DV, VD, DORSOVENTRAL*',
  'VENTRODORSAL*, FACE, FRENTE, VOORACHTERWAARTS, PREDOZADN*, ZADOPREDN*, PRZEDNIO TYLN*, TYLNO PRZEDNI*',
  'TYLNOPRZEDN*, ПРЯМ*, ΠΡΟΣΘΙΟΠΙΣΘ*, ΟΠΙΣΘΙΟΠΡΟΣΘ*, 正位, 正面, 后前, 後前, 前后, 前後, 전후, 후전, 정면',
]

/** A series or a study of several views: says nothing of the single image. */
const severalViews = [
  '2 VIEWS, 2 VIEW, 2VIEWS, 2VIEW, 2V, 2VW, 2 VW, TWO VIEWS, TWO VIEW, 2 PROJECTIONS, 2 EBENEN',
  '2EBENEN, ZWEI EBENEN, 2 INCIDENCES, 2 PROYECCIONES, 2 INCIDENCIAS, 2 PROIEZIONI, 2 RICHTINGEN',
  '3 VIEWS, 4 VIEWS, PALAT, APLAT, BOTH, AND LATERAL, AND LAT, WITH LATERAL, WITH LAT, W LAT, W LATERAL, UND SEITLICH, ET PROFIL, Y LATERAL',
]

/** Pictures made from radiographs, which leave out or add what the models look for. */
const madeFromRadiographs = [
  'BONE SUPPRES*, BONESUPPRES*, RIB SUPPRES*, RIBSUPPRES*, BONE REMOV*, BONE SUBTRACT*, BONE FREE, BONE SUPRES*',
  'SUPPRESSED BONE*, SUPPRESSION OF BONE*, BONES SUPPRESSED, SOFTVIEW, CLEARREAD, XBSI, KNOCHENSUPPRESS*',
  'KNOCHENUNTERDRUCK*, SUPPRESSION OSSEUSE, SUPPRESSION COSTALE, SUPRESION OSEA, SUPRESSAO OSSEA',
  'SOPPRESSIONE OSSEA, DUAL ENERGY, DUALENERGY, DUAL ENERGIE, DOPPELENERGIE, DOUBLE ENERGIE, ENERGIA DUAL',
  'DOBLE ENERGIA, DOPPIA ENERGIA, DUPLA ENERGIA, ENERGY SUBTRACT*, TEMPORAL SUBTRACT*, CAD, COMPUTER AIDED*',
  'COMPUTER ASSISTED*, AI RESULT*, AI OVERLAY*, AI FINDING*, HEATMAP*, HEAT MAP, SALIENCY*, 双能, 骨抑制',
  'QXR, INSIGHT CXR, LUNIT*, CHESTVIEW, BONEVIEW, CAD4TB, ANNALISE*, OXIPIT*, CHESTEYE, MILVUE*, GLEAMER*',
]

/** In ImageType, and in what a series is called, where one word says it all. */
const tissueImages = ['SOFT TISSUE*, SOFTTISSUE*, BONE IMAGE, SUBTRACTION, SUBTRACTED, DES BONE, DES SOFT']
const tissueImageTypes = ['BONE, TISSUE, SOFT, SUBTRACT, ENERGYSUBTRACTION, ENERGY SUB*, DES, ANNOTATED, OVERLAY']

export const terms = {
  chest: new TermList(chest),
  withinChest: new TermList(withinChest),
  notTheChest: new TermList(notTheChest),
  /** In a description. */
  otherParts: new TermList(otherParts, notTheChest),
  /** In an attribute that names a part and nothing else. */
  otherPartsByName: new TermList(otherParts, otherPartsByName, notTheChest),
  saysNothing: new TermList(saysNothing),
  /** Everything that is not upright or supine from the front. */
  notFrontal: new TermList(lateral, obliqueOrDecubitus),
  notFrontalByCode: new TermList(lateral, obliqueOrDecubitus, notFrontalByCode),
  frontal: new TermList(frontal),
  severalViews: new TermList(severalViews),
  derivations: new TermList(madeFromRadiographs),
  derivedSeries: new TermList(madeFromRadiographs, tissueImages),
  derivedImageTypes: new TermList(madeFromRadiographs, tissueImages, tissueImageTypes),
}

/** Regions of PS3.16 CID 4009 and CID 4 that hold the chest or lie in it, in SNOMED CT and as SNOMED-RT identifiers. */
export const chestRegionCodes: ReadonlySet<string> = new Set([
  ...['816094009', '51185008', '302551006', 'T-D3000', '43799004', 'T-D3200', '78904004', 'T-D3050'], // chest, its cavity, its wall
  ...['39607008', 'T-28000', '86598002', 'T-280A0', '72410000', 'T-D3300'], // lung, apex, mediastinum
  ...['113197003', 'T-11300', '51299004', 'T-12310', '56873002', 'T-11210'], // rib, clavicle, sternum
  ...['22943007', 'T-D2000', '38266002', 'T-D0010'], // trunk, entire body
  ...['416550000', 'R-FAB55', '416775004', 'R-FAB56', '417437006', 'R-FAB52'], // with abdomen, and pelvis; with neck
  ...['416152001', 'R-FAB53', '416319003', 'R-FAB54'], // neck to abdomen, to pelvis
])

/** Frontal, antero-posterior and postero-anterior of PS3.16 CID 4010. */
export const frontalViewCodes: ReadonlySet<string> = new Set([
  ...['399033003', 'R-10202', '399348003', 'R-10206', '272479007', 'R-40888', 'R-10214'],
])

/** Lateral, oblique and sagittal views of PS3.16 CID 4010. */
export const otherViewCodes: ReadonlySet<string> = new Set([
  ...['399067008', 'R-102CD', '399173006', 'R-10236', '399198007', 'R-10232'], // lateral, left, right
  ...['399182000', 'R-102C1', '399184004', 'R-10238', '399236003', 'R-10234'], // oblique, left, right
  ...['399135007', 'R-10220', '399356000', 'R-40985'], // anterior oblique, left, right
  ...['399006002', 'R-10212', '399038007', 'R-10210'], // posterior oblique, left, right
  ...['399160007', 'R-10204', '399312000', 'R-10208', '399059000', 'R-10216'], // oblique frontal, AP, PA
  ...['260427002', 'R-40783', '260426006', 'R-40782'], // lateral oblique, medial oblique
  ...['399352003', 'R-10228', '399260004', 'R-10224', '399368009', 'R-10226', '399099002', 'R-10230'], // mediolateral
  ...['30730003', 'G-A145', '399325008', 'R-10254'], // sagittal
])

/** Pixel by pixel subtraction, multi-energy weighting, segmentation of PS3.16 CID 7203. */
export const otherDerivationCodes: ReadonlySet<string> = new Set(['113062', '113097', '113076'])

/** Terms of Modality that name a technique other than projection radiography. @see DICOM PS3.3 C.7.3.1.1.1 */
export const otherModalities: ReadonlySet<string> = new Set([
  ...[
    'CT',
    'MR',
    'US',
    'NM',
    'PT',
    'MG',
    'XA',
    'RF',
    'IO',
    'PX',
    'BMD',
    'BI',
    'CD',
    'DD',
    'DG',
    'ES',
    'XC',
    'GM',
    'SM',
    'OP',
  ],
  ...[
    'OPT',
    'OPM',
    'OCT',
    'IVOCT',
    'IVUS',
    'LS',
    'PR',
    'SR',
    'SEG',
    'KO',
    'DOC',
    'ECG',
    'EPS',
    'HD',
    'TG',
    'ST',
    'RTIMAGE',
  ],
  ...[
    'RTDOSE',
    'RTSTRUCT',
    'RTPLAN',
    'RTRECORD',
    'REG',
    'FID',
    'AU',
    'HC',
    'CR TOMO',
    'DM',
    'PEN',
    'EEG',
    'M3D',
    'MA',
    'OSS',
  ],
])
