import { displayPath } from '../adapters/embedded/path-bytes.ts'
import { InterruptedError } from '../embedded/interrupted-error.ts'
import { ConfigurationError, NothingToAnalyseError } from '../screening/kernel/errors.ts'

/**
 * Every input was analysed / the program failed / some were not analysed / something found wants attention / there was
 * nothing to analyse / interrupted (128 + the number of SIGINT, as shells have it).
 */
export const exitCodes = {
  done: 0,
  failed: 1,
  someNotAnalysed: 2,
  attention: 3,
  nothingToAnalyse: 4,
  interrupted: 130,
} as const

export interface Failure {
  readonly exitCode: number
  /** One line with the remedy; for a defect, what was thrown. */
  readonly message: string
  /** Of a defect only; null for an ordinary mistake. */
  readonly stack: string | null
}

/** Says why the program ends: an ordinary mistake or a full disk in one line, a defect with its stack. */
export function describeFailure(error: unknown): Failure {
  const { name, message, stack, code, path } = error as NodeJS.ErrnoException
  if (name === InterruptedError.name) {
    return {
      exitCode: exitCodes.interrupted,
      message: `${message} Run the same command again: it goes on from there.`,
      stack: null,
    }
  }
  if (name === NothingToAnalyseError.name) {
    return { exitCode: exitCodes.nothingToAnalyse, message: displayPath(message), stack: null }
  }
  const isOurs = name === ConfigurationError.name
  const remedy = isOurs ? message : remedyOf(code, path)
  if (remedy !== null) return { exitCode: exitCodes.failed, message: displayPath(remedy), stack: null }
  return { exitCode: exitCodes.failed, message: message ?? String(error), stack: stack ?? null }
}

/** What to do about an error of the operating system, or null where it is none that a user can mend. */
function remedyOf(code: string | undefined, path: string | undefined): string | null {
  const where = path ?? 'A file'
  switch (code) {
    case 'ENOSPC':
      return 'The disk has no space, or no inodes, left. Make room and run the same command again: what is finished stays.'
    case 'EDQUOT':
      return 'The quota of the disk is used up. Make room and run the same command again: what is finished stays.'
    case 'EROFS':
      return `${where} lies on a read-only file system. Give another folder, or mount it writable.`
    case 'EACCES':
    case 'EPERM':
      return `${where} may not be opened (${code}). Change its permissions, or give another path.`
    case 'ENOENT':
      return `${where} is not there. It may have been moved or unmounted: check the path.`
    case 'ENOTDIR':
    case 'EEXIST':
      return `${where} is a file where a folder belongs. Give another path.`
    case 'EISDIR':
      return `${where} is a folder where a file belongs. Give another path.`
    case 'ENAMETOOLONG':
      return `${where.slice(0, 60)}… is too long a path. Give a shorter one.`
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open. Lower --concurrency, or raise the limit (ulimit -n).'
    case 'EIO':
      return `${where} cannot be read or written: the device reports an error (EIO). Check the disk.`
    default:
      return null
  }
}
