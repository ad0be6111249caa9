import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { packageRoot } from '../../../lib/embedded/package-root.ts'
import { synthesize } from '../synthesize.ts'

const python = resolve(packageRoot, 'node_modules/.cache/stand-ins/bin/python3')
const page = readFileSync(join(packageRoot, 'docs/deploy.md'), 'utf8')
const block = page.match(/(?: {4}.*\n)*.*describe-stacks.*\n(?: {4}.*\n)*/)?.[0].replace(/^ {4}/gm, '') ?? ''

/** As the AWS command line does it: JMESPath over the answer, lists as text with tabs, null as None. */
const aws = `#!${python}
import json, os, sys
import jmespath
service, operation, *rest = sys.argv[1:]
options = dict(zip(rest[::2], rest[1::2]))
if (service, operation) != ('cloudformation', 'describe-stacks'):
    sys.exit(f'{service} {operation} is not deployed here')
stacks = [one for one in json.load(open(os.environ['STACKS'])) if one['StackName'] == options['--stack-name']]
if not stacks:
    sys.exit('An error occurred (ValidationError): Stack does not exist')
found = jmespath.search(options['--query'], {'Stacks': stacks})
assert options['--output'] == 'text'
print('\\t'.join(map(str, found)) if isinstance(found, list) else found)
`

let environment: NodeJS.ProcessEnv
let outputs: Record<string, { Value: unknown }>
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'pleura-aws-'))
  outputs = synthesize({ name: 'clinic' }).toJSON().Outputs
  const stack = {
    StackName: 'pleura-clinic',
    Outputs: Object.entries(outputs).map(([OutputKey, { Value }]) => ({
      OutputKey,
      OutputValue: JSON.stringify(Value),
    })),
  }
  writeFileSync(join(folder, 'stacks.json'), JSON.stringify([stack]))
  writeFileSync(join(folder, 'aws'), aws)
  chmodSync(join(folder, 'aws'), 0o755)
  environment = { PATH: `${folder}:${process.env.PATH}`, STACKS: join(folder, 'stacks.json') }
}, 240_000)

const printed = (script: string): string =>
  execFileSync('sh', ['-c', `${block}\n${script}`], { env: environment, encoding: 'utf8' })

it.each([
  ['BUCKET', 'StudyBucket'],
  ['ROUTINE', 'RoutineQueue'],
  ['DEAD', 'RoutineDeadLetters'],
  ['JOB_QUEUE', 'JobQueue'],
  ['JOB_DEFINITION', 'JobDefinition'],
])('$%s of docs/deploy.md is the output %s of the stack', (variable, output) => {
  expect(printed(`printf %s "$${variable}"`)).toBe(JSON.stringify(outputs[output].Value))
})

it('knows the outputs that its comments name', () => {
  const also = [...block.matchAll(/# also (.*)/g)].flatMap(([, names]) => names.split(', '))
  expect(also).toHaveLength(4)
  for (const name of also) expect(printed(`output ${name}`).trim()).toBe(JSON.stringify(outputs[name].Value))
})

it('uses no variable that it does not set', () => {
  const used = [...page.matchAll(/"\$([A-Z_]+)"/g)].map(([, name]) => name)
  const set = [...page.matchAll(/\b([A-Z_]+)=\$\(|\b(KEY)=/g)].map(([, name, key]) => name ?? key)
  expect(used.length).toBeGreaterThan(8)
  expect(used.filter((name) => !set.includes(name))).toEqual([])
})
