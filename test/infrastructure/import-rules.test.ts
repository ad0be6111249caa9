import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const sourcesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^import\s+(type\s+)?[^'"]*['"]([^'"]+)['"]/gm)].map(
    ([, type = '', specifier]) => `${type}${specifier}`,
  )

describe('import rules of the infrastructure', () => {
  it('imports the CDK, itself, the schemas of a tenant and its targets, the limits of deliveries, the shape of the table, and types of environments only', () => {
    const allowed = [
      /^(type )?(aws-cdk-lib|constructs|cdk-nag|zod|node:)/,
      /^(type )?\.\.?\/(constructs|stacks|[a-z-]+\.ts)/,
      /^(type )?(\.\.\/)+(acknowledge|alarm-texts|assets|config|metrics)\.ts$/,
      /^(type )?(\.\.\/)+delivery\/(cloud-target|delivery-contents)\.ts$/,
      /^(type )?(\.\.\/)+screening\/screening-job\/(tenant|delivery-limits)\.ts$/,
      /^(type )?(\.\.\/)+table\/(columns|table-keys)\.ts$/,
      /^type (\.\.\/)+functions\/\w+\/environment\.ts$/,
    ]
    const bad = sourcesBelow('lib/infrastructure').flatMap((file) =>
      importsOf(file).filter((specifier) => !allowed.some((pattern) => pattern.test(specifier))),
    )
    expect(bad).toEqual([])
  })

  it("is imported by nobody, but for the schema of its configuration by the command line and the operator's tools", () => {
    const others = ['lib', 'functions'].flatMap(sourcesBelow).filter((file) => !file.includes('lib/infrastructure'))
    const bad = others.filter((file) =>
      importsOf(file).some(
        (specifier) =>
          specifier.includes('infrastructure') &&
          !(/lib\/(cli|operations)\//.test(file) && specifier.endsWith('/infrastructure/config.ts')),
      ),
    )
    expect(bad).toEqual([])
  })
})
