import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { zipFolder } from '../../packaging/zip-folder.mjs'
import { buildAssets, filesBelow } from './build-assets.ts'

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const once = inject('assets')
let again: string
beforeAll(() => {
  again = buildAssets()
})

describe('the deployed programs', () => {
  it.each(['preprocess', 'dispatch', 'deliver', 'backfill', 'table', 'console', 'screen'])(
    '%s is the same when built again',
    (name) => {
      const files = filesBelow(join(once, name))
      expect(filesBelow(join(again, name))).toEqual(files)
      for (const file of files) {
        expect(digest(readFileSync(join(again, name, file))), file).toBe(digest(readFileSync(join(once, name, file))))
      }
    },
  )

  it('make a preprocessing zip of at most 12 MB, byte for byte the same', () => {
    const zip = zipFolder(join(once, 'preprocess'))
    expect(zip.length).toBeLessThanOrEqual(12_000_000)
    expect(digest(zipFolder(join(again, 'preprocess')))).toBe(digest(zip))
  })

  it.each(['preprocess', 'dispatch', 'deliver', 'backfill', 'table', 'console', 'screen'])(
    '%s holds no sources, tests, maps or keys',
    (name) => {
      const bad = filesBelow(join(once, name)).filter((file) =>
        /\.(ts|map|pem|key|env|dcm)$|(^|\/)(test|\.git)\//.test(file),
      )
      expect(bad).toEqual([])
    },
  )

  it('hold native code of their own platform only', () => {
    const native = (name: string) => filesBelow(join(once, name)).filter((file) => /\.(node|so(\.\d+)*)$/.test(file))
    expect(native('preprocess').length).toBeGreaterThan(0)
    for (const file of native('preprocess')) expect(file).toContain('linux-arm64')
    for (const file of native('screen')) expect(file).toMatch(/linux-x64|napi-v6\/linux\/x64/)
    // ELF, and of that machine: e_machine 183 is AArch64, 62 is x86-64.
    for (const [name, machine] of [
      ['preprocess', 183],
      ['screen', 62],
    ] as const) {
      for (const file of native(name)) {
        const bytes = readFileSync(join(once, name, file))
        expect(bytes.subarray(1, 4).toString(), file).toBe('ELF')
        expect(bytes.readUInt16LE(18), file).toBe(machine)
      }
    }
  })

  it.each(['preprocess', 'dispatch', 'deliver', 'backfill', 'table', 'console', 'screen'])(
    '%s has a bill of materials and the licences of what is in it',
    (name) => {
      const bill = JSON.parse(readFileSync(join(once, `${name}.cdx.json`), 'utf8'))
      const licences = readFileSync(join(once, name, 'THIRD-PARTY-LICENCES.txt'), 'utf8')
      expect(bill.components.length).toBeGreaterThan(5)
      for (const { group, name: part, version } of bill.components) {
        const heading = `${group ? `${group}/` : ''}${part} ${version} (`
        expect(licences.includes(heading), heading).toBe(true)
      }
    },
  )
})
