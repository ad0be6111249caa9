import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { inject } from 'vitest'
import { buildApp } from '../../lib/infrastructure/app.ts'
import type { Assets } from '../../lib/infrastructure/assets.ts'
import { type EnvironmentConfig, environmentConfig } from '../../lib/infrastructure/config.ts'
import type {} from '../build-programs.ts'

const root = resolve(import.meta.dirname, '../..')
const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

/** The configuration that users copy, with changes. */
export const exampleConfig = (changes: Record<string, unknown> = {}): EnvironmentConfig =>
  environmentConfig.parse({ ...readJson('config/example.json'), ...changes })

/** Two tenants, one with days of its own. */
export const twoTenants = {
  tenants: [
    { settings: { id: 'north', retentionDays: 90 }, trustedAccount: '444455556666', externalId: 'a-long-random-text' },
    { settings: { id: 'south' }, trustedAccount: '777788889999', externalId: 'another-random-text' },
  ],
}

/** A target of every kind of wire, as `economy` endpoints allow them. */
export const busTarget = {
  kind: 'eventbridge',
  name: 'bus',
  busArn: 'arn:aws:events:eu-central-1:444455556666:event-bus/hospital',
}
export const publicTargets = [
  busTarget,
  {
    kind: 'webhook',
    name: 'worklist',
    url: 'https://worklist.example.org/pleura',
    secret: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:pleura/worklist-AbC123',
  },
  { kind: 'fhir', name: 'ehr', url: 'https://fhir.example.org/r4', secret: '/pleura/secrets/ehr' },
  { kind: 'stow', name: 'archive', url: 'https://archive.example.org/dicom-web' },
  { kind: 'c-store', name: 'pacs', host: 'pacs.example.org', port: 2762, tls: true, calledAeTitle: 'MAIN_PACS' },
  { kind: 'mllp', name: 'engine', host: 'engine.example.org', port: 6661, tls: true },
]
export const allDocuments = [
  'segmentation',
  'structured-report',
  'secondary-capture',
  'presentation-state',
  'fhir-bundle',
  'hl7-message',
]

/** Two tenants that deliver, one of them everywhere. */
export const deliveringTenants = {
  tenants: [
    { settings: { id: 'north', documents: allDocuments }, targets: publicTargets },
    { settings: { id: 'south' }, targets: [busTarget] },
  ],
}

/** Stand-ins for the built programs: synthesis only copies them. */
function placeAssets(): Assets {
  const folder = mkdtempSync(join(tmpdir(), 'pleura-assets-'))
  const place = (name: string, file: string, text: string): string => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, file), text)
    return join(folder, name)
  }
  return {
    preprocess: place('preprocess', 'main.mjs', 'export const handler = () => {}'),
    dispatch: place('dispatch', 'main.mjs', 'export const handler = () => {}'),
    console: place('console', 'main.mjs', 'export const handler = () => {}'),
    deliver: place('deliver', 'main.mjs', 'export const handler = () => {}'),
    backfill: place('backfill', 'main.mjs', 'export const handler = () => {}'),
    table: place('table', 'main.mjs', 'export const handler = () => {}'),
    screen: place('screen', 'Dockerfile', 'FROM scratch AS gpu\nFROM scratch AS cpu\n'),
  }
}

const assets = placeAssets()

/**
 * The template of one environment; one that another file of this run has synthesized already is taken from there.
 * @throws when cdk-nag or the CloudFormation validator finds anything
 */
export function synthesize(changes: Record<string, unknown> = {}): Template {
  const digest = createHash('sha256').update(JSON.stringify(changes)).digest('hex')
  const kept = join(inject('runFolder'), `${digest}.template.json`)
  if (existsSync(kept)) return Template.fromJSON(JSON.parse(readFileSync(kept, 'utf8')))
  const { app, stack } = buildApp(exampleConfig(changes), assets, readJson('cdk.json').context)
  app.synth()
  const template = Template.fromStack(stack)
  const draft = `${kept}.${process.pid}`
  writeFileSync(draft, JSON.stringify(template.toJSON()))
  renameSync(draft, kept)
  return template
}

/** How the container images of one environment would be built. */
export function imageBuilds(changes: Record<string, unknown> = {}): unknown[] {
  const { app } = buildApp(exampleConfig(changes), assets, readJson('cdk.json').context)
  const { directory } = app.synth()
  const [manifest] = readdirSync(directory).filter((file) => file.endsWith('.assets.json'))
  const { dockerImages } = JSON.parse(readFileSync(join(directory, manifest), 'utf8'))
  return Object.values(dockerImages as Record<string, { source: Record<string, unknown> }>).map(({ source }) => {
    const { dockerBuildTarget, dockerBuildArgs } = source
    return { dockerBuildTarget, ...(dockerBuildArgs === undefined ? {} : { dockerBuildArgs }) }
  })
}

export interface Resource {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: the template's own shape, asserted piece by piece
  readonly Properties: Record<string, any>
}

export const resourcesOf = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.findResources(type)) as [string, Resource][]

export interface Statement {
  readonly Sid?: string
  readonly Effect: string
  readonly Action: string | string[]
  readonly Resource: unknown
  readonly Condition?: Record<string, Record<string, unknown>>
}

/** Every statement in the policies of the role whose logical id starts with `role`. */
export function statementsOf(template: Template, role: string): Statement[] {
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref.startsWith(role)))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
}

/** Resources of a statement, as text: references become `${LogicalId}`. */
export function resourcesNamed({ Resource: named }: Pick<Statement, 'Resource'>): string[] {
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value
    const [[kind, content]] = Object.entries(value as Record<string, unknown>)
    if (kind === 'Fn::Join') return (content as [string, unknown[]])[1].map(text).join('')
    if (kind === 'Fn::GetAtt') return `\${${(content as string[])[0]}}`
    if (kind === 'Ref') return `\${${content}}`
    return JSON.stringify(value)
  }
  return (Array.isArray(named) ? named : [named]).map(text)
}

export const actionsOf = ({ Action }: Statement): string[] => (Array.isArray(Action) ? Action : [Action])
