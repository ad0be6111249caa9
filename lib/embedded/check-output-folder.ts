import { mkdtemp, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ConfigurationError } from '../screening/kernel/errors.ts'

/**
 * Tries whether folders can be made where results are to go, before anything is worked on. A trial, since neither a
 * mode nor a kind of file system tells it: as root all modes allow it, and `/proc` denies that the folder is there.
 * @throws {ConfigurationError} when they cannot
 * @throws the error of the operating system when the disk is full
 */
export async function checkOutputFolder(outDir: string): Promise<void> {
  const ancestor = await nearestAncestor(resolve(outDir))
  try {
    await rmdir(await mkdtemp(join(ancestor, '.pleura-')))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A full disk is not mended by another folder: the error itself says more.
    if (code === 'ENOSPC' || code === 'EDQUOT') throw cause
    const why = reasons[code ?? ''] ?? `nothing can be written there (${code})`
    throw new ConfigurationError(`--out ${outDir} cannot be used: ${why}. Give a folder that can be written to.`, {
      cause,
    })
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'its file system is read-only',
  ENOENT: 'it lies on a file system of the kernel, which holds no files',
  ENAMETOOLONG: 'its path is too long',
}

async function nearestAncestor(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      if ((await stat(folder)).isDirectory()) return folder
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') continue
      throw new ConfigurationError(`--out ${path} cannot be used: ${reasons[code ?? ''] ?? code}. Give another folder.`)
    }
    throw new ConfigurationError(`--out ${path} cannot be used: ${folder} is a file. Give a folder.`)
  }
}
