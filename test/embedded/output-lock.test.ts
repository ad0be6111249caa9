import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkOutputFolder } from '../../lib/embedded/check-output-folder.ts'
import { lockOutputFolder } from '../../lib/embedded/output-lock.ts'

let out: string

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'pleura-lock-'))
})

function leaveLock(number: number, holder: object): void {
  mkdirSync(join(out, '.lock'), { recursive: true })
  writeFileSync(
    join(out, '.lock', String(number)),
    JSON.stringify({ program: 'screen', pid: 2 ** 30, startTime: '1', host: hostname(), since: 'then', ...holder }),
  )
}

describe('the lock of an output folder', () => {
  it('is held by one, who is named, until it is given back', async () => {
    const unlock = await lockOutputFolder(out, 'watch')
    await expect(lockOutputFolder(out, 'screen')).rejects.toThrow(
      new RegExp(`in use by pleura watch \\(process ${process.pid} on .*since 20`),
    )
    await unlock()
    await (await lockOutputFolder(out, 'screen'))()
  })

  it('is granted to one of many who find a dead holder', async () => {
    leaveLock(7, {})
    const tries = await Promise.allSettled(Array.from({ length: 30 }, () => lockOutputFolder(out, 'screen')))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(readdirSync(join(out, '.lock'))).toEqual(['8'])
  })

  it('is that of a process of the same number started at another time: given up', async () => {
    leaveLock(1, { pid: process.pid, startTime: '1' })
    await (await lockOutputFolder(out, 'screen'))()
  })

  it('is respected while a holder on another machine shows that it lives', async () => {
    leaveLock(1, { host: 'elsewhere' })
    await expect(lockOutputFolder(out, 'screen')).rejects.toThrow(/on elsewhere/)
  })
})

describe('an output folder', () => {
  it.each([
    ['a file', () => join(out, 'file'), /file is a file/],
    ['below a file', () => join(out, 'file/below'), /file is a file/],
    ['a device', () => '/dev/full', /is a file/],
    ['on a pseudo file system', () => '/proc/foo', /cannot be used/],
    ['of a path too long', () => join(out, 'x'.repeat(300)), /too long/],
  ])('is refused in one line when it is %s', async (_, path, message) => {
    writeFileSync(join(out, 'file'), '')
    await expect(checkOutputFolder(path())).rejects.toThrow(message)
  })

  it('is not made by the check', async () => {
    await checkOutputFolder(join(out, 'a/b'))
    expect(readdirSync(out)).toEqual([])
  })
})
