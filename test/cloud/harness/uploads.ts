import { PutObjectCommand } from '@aws-sdk/client-s3'
import { S3ObjectStore } from '../../../lib/adapters/aws/s3-object-store.ts'
import { parseStudyJob } from '../../../lib/screening/screening-job/study-job.ts'
import { uploadReceipt } from '../../../lib/screening/screening-job/upload-receipt.ts'
import { buildDicom } from '../../radiograph/build-dicom.ts'
import { type Cloud, drain } from './create-cloud.ts'

export const patient = 'DOE^JANE'
/** A small chest radiograph; another number, another image. */
export const chest = (number = 0) =>
  buildDicom({
    elements: [
      [0x0008, 0x0018, 'UI', `1.2.3.${number}`],
      [0x0010, 0x0010, 'PN', patient],
    ],
  })
export const lateral = () => buildDicom({ elements: [[0x0018, 0x5101, 'CS', 'LL']] })

export const upload = (cloud: Cloud, key: string, body: Uint8Array) =>
  cloud.clients.s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: key, Body: body }))

export async function keysBelow(cloud: Cloud, ...prefixes: string[]): Promise<string[]> {
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const keys: string[] = []
  for (const prefix of prefixes) for await (const key of store.list(prefix)) keys.push(key)
  return keys
}

export async function receiptsOf(cloud: Cloud, tenant = 'north') {
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const keys = await keysBelow(cloud, `results/${tenant}/uploads/`)
  return Promise.all(
    keys.map(async (key) => uploadReceipt.parse(JSON.parse(new TextDecoder().decode(await store.get(key))))),
  )
}

export const resultsOf = async (cloud: Cloud) =>
  (await keysBelow(cloud, 'results/')).filter((key) => /result\.json$/.test(key))
export const jobsOf = async (cloud: Cloud, lane: 'stat' | 'routine' = 'routine') =>
  (await drain(cloud.clients.sqs, cloud[lane].url)).map(parseStudyJob)
export const eventsOf = async (cloud: Cloud) =>
  (await drain(cloud.clients.sqs, cloud.eventsUrl)).map((body) => JSON.parse(body).detail)
