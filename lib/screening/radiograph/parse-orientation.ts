import { foldText } from './term-list.ts'

/** Words for directions, by the letter of the standard. */
const directions: Readonly<Record<string, string>> = {
  ...wordsFor('L', 'LEFT LT LE LINKS GAUCHE IZQUIERDA IZQUIERDO SINISTRA SINISTRO ESQUERDA ESQUERDO'),
  ...wordsFor('R', 'RIGHT RT RECHTS DROITE DROIT DERECHA DERECHO DESTRA DESTRO DIREITA DIREITO'),
  ...wordsFor('H', 'HEAD CRANIAL SUPERIOR HEADWARD CR KOPF TETE CABEZA TESTA CABECA'),
  ...wordsFor('F', 'FOOT FEET CAUDAL INFERIOR FOOTWARD CD FUSS FUESSE PIED PIEDS PIE PIES PIEDI PES'),
  ...wordsFor('A', 'ANTERIOR FRONT VENTRAL'),
  ...wordsFor('P', 'POSTERIOR BACK DORSAL'),
}

function wordsFor(letter: string, words: string): Record<string, string> {
  return Object.fromEntries(words.split(' ').map((word) => [word, letter]))
}

/**
 * The directions of increasing column and of increasing row: in the letters of the standard whatever their case, as
 * words, or both in one value with a separator. Null where the attribute is absent or empty; `unusable` where it says
 * something else, or two directions that no picture has.
 * @see DICOM PS3.3 C.7.6.1.1.1
 */
export function parseOrientation(values: readonly string[]): [string, string] | null | 'unusable' {
  if (values.every((value) => value === '')) return null
  const named = values.length === 1 ? values[0].split(/[^\p{L}]+/u).filter((word) => word !== '') : values
  const [along, down] = named.map(directionOf)
  if (named.length !== 2 || !along || !down) return 'unusable'
  return axisOf(along) === axisOf(down) ? 'unusable' : [along, down]
}

function directionOf(value: string): string | null {
  const text = foldText(value).replaceAll(' ', '')
  if (/^[LRAPHF]{1,3}$/.test(text) && new Set([...text].map(axisOf)).size === text.length) return text
  return directions[text] ?? null
}

/** By the main direction, which comes first. */
const axisOf = (direction: string): number => ['LR', 'AP', 'HF'].findIndex((axis) => axis.includes(direction[0]))
