import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { PublishedModel } from './violations.ts'

const packages = resolve(import.meta.dirname, '../../../node_modules/.cache/stand-ins/lib')

/** The newest model of a service in the botocore that the stand-ins bring along. */
export function readModel(service: string): PublishedModel {
  const [python] = readdirSync(packages)
  const versions = join(packages, python, 'site-packages/botocore/data', service)
  const newest = readdirSync(versions).sort().at(-1) as string
  return JSON.parse(gunzipSync(readFileSync(join(versions, newest, 'service-2.json.gz'))).toString())
}
