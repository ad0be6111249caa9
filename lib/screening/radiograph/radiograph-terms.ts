import { TermList } from './term-list.ts'

/*
 * The terms by which files say what they show; docs/decisions/0015 names where they come from. Defined terms and codes
 * of the standard first, then those of data sets and vendors, then the words of one language a line: en, de, nl, sv/da/no/fi,
 * fr, es/pt/it/ca, ro, pl/cs/sk/hr/sl, hu, tr, ru/uk/bg, el, zh/ja/ko, others.
 */

/** The chest itself. */
const chest = [
  '*CHEST*, *THORAX*, *THORAC*, *THORAK*, CXR, PCXR, XRCHEST*, CHST, THX',
  '*BRUSTKORB*, BRUSTKASTEN, BRUST, *BORSTKAS*, BORST',
  'BROSTKORG*, BRYSTKASSE*, BROSTKASSE*, BRYST, BRINGA, BRINGE, RINTAKEHA, KEUHKO*, RINTA, RINDKERE',
  'POITRINE, *TORAX*, *TORAC*, TORAKS*, TORAKAL*, PECHO, PEITO, PETTO, PIEPT',
  'KLATK* PIERSIOW*, KLATK*, PIERS*, KLP, HRUDNIK*, HRUDN*, HRUD, GRUDNI*, GRUDI, PRSNI KOS',
  'MELLKAS*, GOGUS*, AKCIGER*, PA AC, KRUTINES*, KRUTINE, KRUSKURV*, KRUSU KURV*, ГРУДН*, ГРУДЬ, ОГК, ГРЪД*, ГРЪДЕН*, ΘΩΡΑΚ*, ΘΩΡΑΞ',
  '胸, 흉부, 가슴, ทรวงอก, صدر, الصدر, سینه, חזה, החזה, छाती, বুক, NGUC, DADA',
]

/** What lies in the chest or is filmed with it; bedside and trauma terms, which stand for chests in practice. */
const withinChest = [
  'LUNG*, HEART*, CARDIAC, HERZ*, COEUR, CORAZON, CORACAO, CUORE, HJERTE, HJARTA, COR, *RIBS, RIB, RIBCAGE, CLAVIC*, STERNUM, TORSO, TRUNK, =BODY, *WHOLEBODY*, WHOLE BODY',
  'PORT*, MEDIASTIN*, RIPPE*, BRUSTBEIN, LONGEN, LONGFOTO, RIBBEN',
  'POUMON*, PULM*, GRIL COSTAL, GRILL COSTAL, COTES, COSTILLA*, COSTELA*',
  'POLMON*, PARRILLA COSTAL, PLAMAN*, PLUC*, PLIC*, PLJUC*, TUDO*, KOPSUD*, ЛЕГК*, ЛЕГЕН*, БЯЛ ДРОБ, БЕЛИ ДРОБ*, БЕЛОДРОБ*, ΠΝΕΥΜΟΝ*',
  '肺, 肋, 폐, ปอด, PHOI, PARU*',
]

/** Spine and breast: where they are named beside the chest, it is they that are meant. */
const notTheChest = [
  '*SPINE*, SPINAL, *VERTEBR*, *LUMBAR*, *LUMBO*, *WIRBEL*, BWS, HWS, LWS, *WERVEL*',
  'RACHIS, RACHID*, COLONNE, COLUMNA, COLUNA, COLONNA, COLOANA, RAQUIS, KREGOSLUP*, PATER*, GERINC*, OMURGA*',
  'RYGGRAD*, *RYGG, RYGSOJLE, SELKARANKA, RINTARANKA, KRALJEZNIC*, KICMA*, HRBTENIC*, MUGURKAUL*, STUBURA*',
  'ПОЗВОН*, ΣΠΟΝΔΥΛ*, 椎, 脊, 척추, 흉추, TSPINE, TLSPINE',
  'BREAST*, MAMMO*, MAMMA*, MAMA, 乳',
]

/** Spines named by the chest's own word: taken out of a description before a chest is looked for in it. */
const thoracicSpine = [
  'THORAC* SPINE*, THORAC* VERTEB*, THORACOLUMB*, THORACO LUMB*, SPINE THORAC*, RACHIS THORAC*, COLONNE THORAC*, COLUMNA TORAC*',
  'COLUNA TORAC*, RAQUIS TORAC*, RACHIDE TORAC*, COLONNA TORAC*, VERTEBRE TORAC*, COLOANA TORAC*, THORACALE WERVEL*',
  'TORAKALRYGG*, BRYSTRYGG*, BROSTRYGG*, KREGOSLUP* PIERSIOW*, HRUDN* PATER*, TH PATER*, GRUDN* KRALJEZNIC*, TORAKALN* KRALJEZNIC*',
  'TORAKAL VERTEB*, TORAKAL OMURGA*, ГРУДН* ОТДЕЛ* ПОЗВОН*, ПОЗВОН* ГРУДН*, ΘΩΡΑΚΙΚ* ΜΟΙΡ*, ΘΩΡΑΚΙΚ* ΣΠΟΝΔΥΛ*, 胸椎, 흉추',
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
  '骨盆, 骨盤, 頭, 头, 복부, 무릎, 골반, 手部, 左手, 右手, 双手, 両手, 腕関節, 踝, 손목, 어깨, 발목, 고관절, 두개',
  'LHAND, RHAND, LKNEE, RKNEE, LFOOT, RFOOT, THIGH*, TIBFIB*, TIB FIB, LOWER LEG*, UPPER ARM*, AXR, STOMACH, BARIUM*',
  'ESOPHAG*, OESOPHAG*, IVP, IVU, SI JOINT*, SIJOINT*, AC JOINT*, ACJOINT*, LOW EXM, UP EXM, SOFT TISSUE NECK, BABYGRAM*',
  'OBERSCHENKEL*, UNTERSCHENKEL*, UNTERARM*, OBERARM*, BAUCH*, KOPF, SCHAEDEL*, NNH, JAMBE*, CUISSE*, AVANT BRAS, ASP',
  'PIERNA*, BRAZO*, ANTEBRAZO*, MUSLO*, CUELLO, ADDOME, POLSO, ANCA, CRANIO, GAMBA, BRACCIO, AVAMBRACCIO, PUNHO, COTOVELO',
  'QUADRIL, CABECA, PERNA, COXA, BUIK*, BEKKEN*, HEUP*, SCHOUDER*, VOET, ENKEL*, ELLEBOOG, SCHEDEL*, SKULDER*, BUKOVERSIKT*',
  'HOFT*, POLVI, VATSA, OLKAPAA, LONKKA, NILKKA, DLON, STOPA, MIEDNIC*, JAMA BRZUSZN*, CZASZK*, NADGARST*, PANEV, RAMENO',
  'KOLENO, ZAPESTI, LEBKA, KOTNIK, TERD, CSIPO, KOPONYA, BOKA, MEDENCE, EL BILEGI, DIZ, KALCA, OMUZ, AYAK, BATIN',
  'ЧЕРЕП*, ПЛЕЧ*, ЛОКТ*, БЕДР*, ГОЛЕН*, ГОЛОВ*, ЛУЧЕЗАП*',
]

/** Parts whose words stand in descriptions of chest films too: looked for where only a part is named. */
const otherPartsByName = [
  'MAO, REKA, RUKA, NOHA, KEZ, VALL, KNAE, KNE, FOT, BUK, KASI, JALKA, KARIN, BARK, COLON, KIDNEY*, LARYNX, AIRWAY, 手, 손',
  'ARM*, LEG, LEGS, HEAD, NECK, FACE, BACK, JAW*, EYE*, NOSE, EAR, TEETH, TOOTH, DENTAL, CERVICAL*, DORSAL, DORSALE, DORSO, BEIN, HALS, MAIN, MAINS, POLS',
]

/** Values of BodyPartExamined that name no part. */
const saysNothing = [
  'UNKNOWN*, UNKNWON, UNK, UNDEFINED, UNSPECIFIED, NOT SPECIFIED, NONE, NULL, NIL, NA, N A, NOS',
  'OTHER, OTHERS, DEFAULT, ANY, ALL, GENERAL, MISC*, VARIOUS, X, XX, XXX, TBD, NOT APPLICABLE',
  'UNASSIGNED, UNDEF, NOT DEFINED, NOT SET, NOTSET, NOTSPECIFIED, NO BODY PART, EMPTY, BLANK, MISSING, REMOVED, 0',
  'ANON, ANONYM*, DEIDENTIFIED, STANDARD, XRAY, X RAY, RADIOGRAPH*, CR, DX, DR, NICHT ANGEGEBEN, NON SPECIFIE*, NO ESPECIFICAD*',
  'UNBEKANNT, SONSTIGE*, INCONNU*, AUTRE*, DESCONOCID*, DESCONHECID*, OTRO*, OUTRO*, SCONOSCIUT*',
  'ALTRO, ONBEKEND, OKAND, UKENDT, UKJENT, NIEZNAN*, INNE, НЕИЗВЕСТ*, 不明, 未知, 其他, その他',
].flatMap((line) => line.split(', ').map((term) => `=${term}`))

/** From the side. */
const lateral = [
  'LATERAL, LATERALE, LATERALA, LATERALES, LATERALIS, LATERALNA, LATERALNE, LATERALNI, LAT, LATS, LLAT, RLAT',
  'LATERALNY, LATERALNO, LATERALAN, LATERAALI*, LTLAT*, RTLAT*, LATLAT, LATVIEW, LATERALVIEW, LATERALLEFT, LATERALRIGHT',
  'LATL, LATR, LATERALL, LATERALR, LATERALCHEST, CXRLAT*, LATCXR, LATLEFT, LATRIGHT, LEFTLAT*, RIGHTLAT*, CHESTLAT*, THORAXLAT*, TORAXLAT*, LATCHEST',
  'LATTHORAX, XTABLE, X TABLE, XTL, CROSSTABLE, CROSS TABLE, SWIMMER, SWIMMERS, SHOOT THROUGH, HORIZONTAL BEAM, TRANSLATERAL*, TRANSTHORACIC, SAGITTAL, SAGITTALE, SAGGITAL, SAGITAL, SAG, SIDE VIEW, SIDEVIEW',
  'SEITLICH*, SEITL, SEITENBILD, SEITAUFNAHME, SEITENAUFNAHME, SEITENANSICHT, LINKS ANLIEGEND, RECHTS ANLIEGEND, LINKSANLIEG*, RECHTSANLIEG*, LI ANL*, RE ANL*, DWARS, DWARSE, ZIJDELINGS*, ZIJWAARTS*',
  'LATERAAL, ZIJAANZICHT, SIDOBILD, SIDEBILDE, SIDEBILLEDE, SIVUKUVA, FRA SIDEN, FRAN SIDAN, PROFIL, PERFIL, PROFILO, DE COSTADO, DE LADO, LATEROLATERAL*, CHEST LL, THORAX LL, TORAX LL, TORACE LL, CHEST RL',
  'BOCZN*, BOCNI, BOCNY, BOCNA, BOCNE, BOCNO, PROFILNA, PROFILNI, OLDALIRANYU, OLDALFELVETEL, OLDALNEZET*, YAN GRAFI, LATERAL GRAFI, YAN AKCIGER*, AKCIGER YAN, STRANSK*, LUNGOR SIDA, THORAX SIDE, CHEST SIDE, KLATK* BOK, PIERSIOW* BOK, KLP BOK',
  'БОКОВ*, СБОКУ, БІЧН*, БОЧН*, ПРОФИЛЬ, ПРОФИЛЬН*, ЛАТЕРАЛЬН*, ПРОФИЛНА, ΠΛΑΓΙ*, ΠΡΟΦΙΛ, 侧位, 側位, 側面, 侧面, 측면, 측위, ด้านข้าง, NGHIENG, جانبي, نیمرخ, نيم رخ, صورة جانبية, צידי',
]

/** Oblique, and lying on the side (decubitus): air and organs lie where no model here has learnt to expect them. */
const obliqueOrDecubitus = [
  'OBL, OBLIQUE*, LAO, RAO, LPO, RPO, LLO, RLO, OAD, OAG, OPD, OPG, DECUB*, LLD, RLD',
  'LOBL, ROBL, OBLQ, LDECUB, RDECUB, LLDECUB, RLDECUB, LTDECUB, RTDECUB, LAO45, RAO45, LAO60, RAO60, LPO45, RPO45',
  'SCHRAG*, SCHRAEG*, SEITENLAGE, LINKSSEITENLAGE, RECHTSSEITENLAGE, SCHUIN*, SNEDBILD, SKRABILDE, VIISTO*',
  'OBLICU*, OBLIQU*, OBLIC*, SKOSN*, SIKM*, FERDE, КОСАЯ, КОСОЙ, ΛΟΞ*, 斜位, 사위, 側臥位, 侧卧位, デクビタス',
]

/** Lying on the back, in languages that call it so: `décubitus dorsal`. English says it of another picture: `dorsal decubitus`. */
const supine = ['DECUBITO SUPINO, DECUBITO DORSAL, DECUBITUS DORSAL']

/**
 * Not frontal, but only in ViewPosition or a view's code: in a sentence these letters and words mean other things too.
 */
const notFrontalByCode = [
  '=L, =R, LL, RL, LATERO, SIDE, SEITE, SEITENLAGE, TRANSVERSAL, TRANSVERSE, SAGITTALIS, PROFILE',
  'SIDA, SIDAN, SIVU, SNED, SKRA, BOK, OLDAL, KOSA, KOSI, KOSO, YAN, YANDAN, БОК, КОС, ПРОФИЛ, 斜, 侧, 側',
  'MEDIOLATERAL*, LATEROMEDIAL*, ML, LM, MLO, CC, AXIAL LATERAL, TANGENTIAL, LL, L L, SEIT, ZIJ, LADO, COSTADO, BOCZ, BOKOM, SKOS, HBL',
  '=LEFT, =RIGHT, =LINKS, =RECHTS, =LI, =RE, LT, RT, SIDO, OLDALIR*, DX SIN, SIN DX, DEXTROSIN*, SINISTRODEX*, DEXT SIN, SIN DEXT, AXILLARY, צד',
]

const frontal = [
  'PA, AP, *POSTEROANTERIOR*, *ANTEROPOSTERIOR*, POSTERO ANTERIOR*, ANTERO POSTERIOR*, POSTERIOR ANTERIOR',
  'ANTERIOR POSTERIOR, FRONTAL*, FRONT, CORONAL, PAAP, APPA, LORDOTIC*, DV, VD, DORSOVENTRAL*',
  'VENTRODORSAL*, FACE, FRENTE, VOORACHTERWAARTS, PREDOZADN*, ZADOPREDN*, PRZEDNIO TYLN*, TYLNO PRZEDNI*',
  'TYLNOPRZEDN*, ПРЯМ*, ΠΡΟΣΘΙΟΠΙΣΘ*, ΟΠΙΣΘΙΟΠΡΟΣΘ*, 正位, 正面, 后前, 後前, 前后, 前後, 전후, 후전, 정면',
]

/** Values of ViewPosition that name the patient's position, or nothing, and no view. */
const noView = [
  '*ERECT*, SUPINE, UPRIGHT, STANDING, SITTING, SEMI*, PORT*, BED*, RECUMBENT, PRONE, INSP*, EXP*, COSTAL, BILATERAL',
  'STEHEND, SITZEND, LIEGEND, DEBOUT, COUCHE, ASSIS, DE PIE, SENTADO, ACOSTADO, SUPINO, EM PE, DEITADO, 立位, 臥位, 座位, 卧位',
]

/** A child, where no age is known. */
const child = [
  'NEONAT*, NEWBORN*, INFANT, INFANTS, BABY, BABIES, PAEDIATRIC*, PEDIATRIC*, PEDIATR*, PAEDS, PEDS, CHILD, CHILDREN',
  'KIND, KINDER*, SAUGLING*, NEUGEBOREN*, NOURRISSON*, ENFANT*, NINO, NINOS, LACTANTE*, RECIEN NACIDO*, BAMBIN*, CRIANCA*',
  'COCUK, DZIECK*, DZIECI*, NOWOROD*, NIEMOWL*, ДЕТ*, РЕБЕН*, НОВОРОЖ*, 小儿, 小児, 儿童, 兒童, 新生児, 新生儿, 소아, 신생아',
]

/** Descriptions of a series or study of several views, which say nothing of the single image. */
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

/** Images of one tissue, from dual energy or subtraction: as ImageType and descriptions of series name them. */
const tissueImages = ['SOFT TISSUE*, SOFTTISSUE*, BONE IMAGE, SUBTRACTION, SUBTRACTED, DES BONE, DES SOFT']
/** The same, in ImageType only: in a description these words mean other things too. */
const tissueImageTypes = ['BONE, TISSUE, SOFT, SUBTRACT, ENERGYSUBTRACTION, ENERGY SUB*, DES, ANNOTATED, OVERLAY']

export const terms = {
  chest: new TermList(chest),
  withinChest: new TermList(withinChest),
  notTheChest: new TermList(notTheChest),
  thoracicSpine: new TermList(thoracicSpine),
  /** In a description. */
  otherParts: new TermList(otherParts, notTheChest),
  /** In an attribute that names a part and nothing else. */
  otherPartsByName: new TermList(otherParts, otherPartsByName, notTheChest),
  saysNothing: new TermList(saysNothing),
  /** Everything that is not upright or supine from the front. */
  notFrontal: new TermList(lateral, obliqueOrDecubitus),
  notFrontalByCode: new TermList(lateral, obliqueOrDecubitus, notFrontalByCode),
  frontal: new TermList(frontal),
  supine: new TermList(supine),
  noView: new TermList(noView),
  child: new TermList(child),
  severalViews: new TermList(severalViews),
  derivations: new TermList(madeFromRadiographs),
  derivedSeries: new TermList(madeFromRadiographs, tissueImages),
  derivedImageTypes: new TermList(madeFromRadiographs, tissueImages, tissueImageTypes),
}

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
