/* Codes of PS3.16, in SNOMED CT and the SNOMED-RT identifiers that it replaced: read in any language, or without a meaning. */

/** Regions of PS3.16 CID 4009 and CID 4 that hold the chest or lie in it, in SNOMED CT and as SNOMED-RT identifiers. */
export const chestRegionCodes: ReadonlySet<string> = new Set([
  ...['816094009', '51185008', '302551006', 'T-D3000', '43799004', 'T-D3200', '78904004', 'T-D3050'], // chest, its cavity, its wall
  ...['39607008', 'T-28000', '86598002', 'T-280A0', '72410000', 'T-D3300'], // lung, apex, mediastinum
  ...['113197003', 'T-11300', '51299004', 'T-12310', '56873002', 'T-11210'], // rib, clavicle, sternum
  ...['22943007', 'T-D2000', '38266002', 'T-D0010'], // trunk, entire body
  ...['416550000', 'R-FAB55', '416775004', 'R-FAB56', '417437006', 'R-FAB52'], // with abdomen, and pelvis; with neck
  ...['416152001', 'R-FAB53', '416319003', 'R-FAB54'], // neck to abdomen, to pelvis
  ...['80891009', 'T-32000', '955009', 'T-26000'], // heart, bronchus
])

/** The other regions of PS3.16 CID 4009 that are filmed, whatever the meaning beside the code says. */
export const otherRegionCodes: ReadonlySet<string> = new Set([
  ...['818981001', '818983003', '113345001', 'T-D4000', '818982008', 'R-FAB57'], // abdomen, and pelvis
  ...['816092008', '12921003', 'T-D6000', '1231522001', '39723000', 'T-15680', '22356005', 'T-12340'], // pelvis
  ...['122494005', 'T-11501', '1217257000', '122495006', 'T-11502', '1217256009', '122496007', 'T-11503'], // spine
  ...['1217253001', '1217254007', '421060004', 'T-D04FF', 'T-11500', '110517009', 'T-11011'],
  ...['54735007', 'T-11AD0', '64688005', 'T-11BF0'], // sacrum, coccyx
  ...['69536005', 'T-D1100', '774007', 'T-D1000', '45048000', 'T-D1600', '89546000', 'T-11100'], // head, neck, skull
  ...['91397008', 'T-11196', '91609006', 'T-11180', '661005', 'T-D1213', '70925003', 'T-11170', '74386004', 'T-11149'],
  ...[
    '2095001',
    'T-22000',
    '363654007',
    'T-D14AE',
    '371398005',
    'T-D0801',
    '42575006',
    'T-D1460',
    '53620006',
    'T-15290',
  ],
  ...[
    '16982005',
    'T-D2220',
    '85856004',
    'T-15420',
    '79601000',
    'T-12280',
    '40983000',
    'T-D8200',
    '85050009',
    'T-12410',
  ], // arm
  ...[
    '53120007',
    'T-D8000',
    '371195002',
    'T-D0821',
    '16953009',
    'T-15430',
    '14975008',
    'T-D8500',
    '62413002',
    '23416004',
  ],
  ...['74670003', 'T-15460', '85562004', 'T-D8700', '7569003', 'T-D8800', '76505004', 'T-D8810', '66019005', 'T-D0300'],
  ...[
    '29836001',
    'T-D2500',
    '24136001',
    'T-15710',
    '68367000',
    'T-D9100',
    '71341001',
    'T-12710',
    '72696002',
    'T-D9200',
  ], // leg
  ...[
    '64234005',
    'T-12730',
    '30021000',
    'T-D9400',
    '61685007',
    'T-D9000',
    '72001000',
    'T-12700',
    '12611008',
    '87342007',
  ],
  ...['T-12740', 'T-12750', '70258002', 'T-15750', '27949001', 'T-15770', '56459004', 'T-D9700', '80144004', 'T-12770'],
  ...['29707007', 'T-D9800', '58742003', 'T-12980'],
  ...[
    '76752008',
    'T-04000',
    '32849002',
    'T-56000',
    '69695003',
    'T-57000',
    '71854001',
    'T-59300',
    '89837001',
    'T-74000',
  ], // soft tissue
  ...['706342009', 'R-FE0C7'], // phantom
])

/** Frontal, antero-posterior and postero-anterior of PS3.16 CID 4010. */
export const frontalViewCodes: ReadonlySet<string> = new Set([
  ...['399033003', 'R-10202', '399348003', 'R-10206', '272479007', 'R-40888', 'R-10214'],
])

/** All other views of PS3.16 CID 4010, its modifiers and positions that are none of a frontal chest (CID 4011, CID 20). */
export const otherViewCodes: ReadonlySet<string> = new Set([
  ...['399067008', 'R-102CD', '399173006', 'R-10236', '399198007', 'R-10232'], // lateral, left, right
  ...['399182000', 'R-102C1', '399184004', 'R-10238', '399236003', 'R-10234'], // oblique, left, right
  ...['399135007', 'R-10220', '399356000', 'R-40985'], // anterior oblique, left, right
  ...['399006002', 'R-10212', '399038007', 'R-10210'], // posterior oblique, left, right
  ...['399160007', 'R-10204', '399312000', 'R-10208', '399059000', 'R-10216'], // oblique frontal, AP, PA
  ...['260427002', 'R-40783', '260426006', 'R-40782'], // lateral oblique, medial oblique
  ...['399352003', 'R-10228', '399260004', 'R-10224', '399368009', 'R-10226', '399099002', 'R-10230'], // mediolateral
  ...['30730003', 'G-A145', '399325008', 'R-10254'], // sagittal
  ...['399132005', 'R-10252', '399004004', 'R-10246', '399225005', 'R-10250', '399288005', 'R-10248'], // oblique axial
  ...['399061009', 'R-10241', '399110001', 'R-102C2'], // axial, tangential
  ...['111069', '32185000', 'F-10318', '102536004', 'F-10319', '102535000', 'F-10317'], // cross-table, lateral decubitus
])

/** Pixel by pixel subtraction, multi-energy weighting, segmentation of PS3.16 CID 7203. */
export const otherDerivationCodes: ReadonlySet<string> = new Set(['113062', '113097', '113076'])
