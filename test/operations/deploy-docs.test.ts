import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../lib/embedded/package-root.ts'
import { environmentConfig } from '../../lib/infrastructure/config.ts'
import { quotasOf } from '../../lib/operations/deploy-check/account-checks.ts'
import { uploadIdOf } from '../../lib/screening/screening-job/study-keys.ts'

const page = readFileSync(join(packageRoot, 'docs/deploy.md'), 'utf8')
const blocks = [...page.matchAll(/(?:^ {4}.*\n|^\n)+/gm)].map(([block]) => block.replace(/^ {4}/gm, '').trim())
const blockWith = (text: string): string => blocks.find((block) => block.includes(text)) ?? ''

/** The config of the page, filled in as the page says. */
const config = environmentConfig.parse(
  JSON.parse(
    blockWith('"name": "clinic"')
      .replace('<12 digits>', '998877665544')
      .replace('<who is on call>', 'on-call@hospital.test')
      .replace('<account of the tenant>', '998877665533')
      .replace('<64 digits>', 'c'.repeat(64))
      .replace('<openssl rand -hex 16>', '0f3a5c7e9b1d2468ace013579bdf2468'),
  ),
)

describe('docs/deploy.md', () => {
  it('shows a config that is one', () => {
    expect(config.tenants.map(({ settings }) => settings.id)).toEqual(['smoke', 'north'])
  })

  it('asks for the quotas that its config needs', () => {
    for (const { code, atLeast } of quotasOf(config)) {
      const asked = page.match(new RegExp(`--quota-code ${code} --desired-value (\\d+)`))?.[1]
      expect(Number(asked), code).toBeGreaterThanOrEqual(atLeast)
    }
  })

  it.each([
    ['uploads/north/stat/chest-1.dcm', 'v1'],
    ['uploads/north/Müller + Söhne/%41.dcm', '3HL4kqtJlcpXroDTDmJ'],
  ])('finds the receipt of %s as the programs name it', (key, version) => {
    const command = blockWith('UPLOAD=').split('\n')[0]
    const environment = { PATH: process.env.PATH, KEY: key, VERSION: version }
    const id = execFileSync('sh', ['-c', `${command}; printf %s "$UPLOAD"`], { env: environment, encoding: 'utf8' })
    expect(id).toBe(uploadIdOf(key, version))
  })

  it('names only commands that there are', () => {
    const named = [...page.matchAll(/\bpleura ([a-z-]+)/g)].map(([, command]) => command)
    const absent = named.filter((command) => !existsSync(join(packageRoot, `lib/cli/${command}-command.ts`)))
    expect(named).toContain('smoke')
    expect(absent).toEqual([])
  })
})
