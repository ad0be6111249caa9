import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Licences that may be shipped. LGPL: libvips, a shared library of its own file that anybody may replace. */
export const permitted = [
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
  '(MIT AND Zlib)',
  '(MIT OR CC0-1.0)',
  'LGPL-3.0-or-later',
]

/** The packages of an asset with what their own package.json says; binaries of other platforms by their twin here. */
export function describePackages(names, root) {
  return [...names].sort().map((name) => {
    const folder = join(root, 'node_modules', name)
    const here = existsSync(folder) ? folder : join(root, 'node_modules', name.replace('-arm64', '-x64'))
    const { version, license } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
    return { name, version, licence: license ?? null, folder: here }
  })
}

/** THIRD-PARTY-LICENCES.txt: every package of the asset with the text of its licence. */
export function writeLicences(asset, names, root) {
  const parts = describePackages(names, root).map(({ name, version, licence, folder }) => {
    if (!permitted.includes(licence))
      throw new Error(`${name}@${version} has licence ${licence}, which is not on the list`)
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
      .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    return [`${name} ${version} (${licence})`, ...texts].join('\n\n')
  })
  writeFileSync(join(asset, 'THIRD-PARTY-LICENCES.txt'), `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`)
}

/** The CycloneDX bill of materials of an asset: npm's own, less what the asset does not hold. */
export function writeBillOfMaterials(file, names, root) {
  const everything = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const bill = JSON.parse(everything)
  const nameOf = ({ group, name }) => (group ? `${group}/${name}` : name)
  const versions = new Map(describePackages(names, root).map(({ name, version }) => [name, version]))
  bill.components = bill.components.filter((component) => versions.get(nameOf(component)) === component.version)
  const kept = new Set(bill.components.map((component) => component['bom-ref']))
  bill.dependencies = bill.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }))
  // npm puts the time and a random number here: with them no two builds would have the same bytes.
  delete bill.metadata.timestamp
  delete bill.serialNumber
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
}
