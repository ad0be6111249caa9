/** Letters that Unicode does not decompose into a base letter and an accent. */
const foldedLetters: Readonly<Record<string, string>> = { Ø: 'O', Ł: 'L', Đ: 'D', Æ: 'AE', Œ: 'OE', ẞ: 'SS', Ə: 'A' }

/** Scripts that are written without spaces between words. */
const unspacedScripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u

/** A text as upper-case words without accents, each with a space before and behind it. */
export function foldText(text: string): string {
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ı', 'i')
    .toUpperCase()
    .replace(/[ØŁĐÆŒẞƏ]/g, (letter) => foldedLetters[letter])
  const words = folded.match(/[\p{L}\p{N}]+/gu) ?? []
  return words.length > 0 ? ` ${joinInitials(words.join(' '))} ` : ''
}

/** Whether a description is one word of two letters or more: a name, not a sentence in which a word may mean much. */
export const isOneWord = (text: string): boolean => /^ [^ ]{2,} $/.test(foldText(text))

/** `P.A.` and `A / P` are one word. */
const joinInitials = (words: string): string => words.replace(/(^| )([AP]) ([AP])(?= |$)/g, '$1$2$3')

/**
 * Words and phrases to be found in a text, whatever their case and accents. A star stands for any letters before or
 * behind a word: `LATERAL*`, `*THORA*`, `HRUDN* PATER*`. A term after an equals sign has to be the whole text: `=L`.
 * Terms in scripts without spaces are found anywhere.
 */
export class TermList {
  readonly #pattern: RegExp

  /** @param lists Lines of terms with commas between them. */
  constructor(...lists: readonly (readonly string[])[]) {
    const found = lists.flat().flatMap((line) => line.split(', '))
    this.#pattern = new RegExp(found.map(patternOf).join('|'), 'u')
  }

  isIn(text: string): boolean {
    return this.#pattern.test(foldText(text))
  }

  /** The text, folded, with the terms taken out. */
  without(text: string): string {
    return foldText(text).replace(new RegExp(this.#pattern, 'gu'), ' ')
  }
}

function patternOf(term: string): string {
  const folded = foldText(term.replace(/[*=]/g, '')).trim()
  const words = folded.split(' ')
  const starred = term.replace('=', '').split(' ')
  const inner = words.map((word, index) =>
    index < words.length - 1 && starred[index]?.endsWith('*') ? `${word}[^ ]*` : word,
  )
  const isWhole = term.startsWith('=')
  if (unspacedScripts.test(term) && !isWhole) return folded
  const before = isWhole ? '^ ' : term.startsWith('*') ? '' : ' '
  const behind = term.endsWith('*') ? '' : isWhole ? ' $' : ' '
  return `${before}${inner.join(' ')}${behind}`
}
