import { S3Client } from '@aws-sdk/client-s3'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { createOperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { S3ReplaceableObjects } from '../../lib/adapters/aws/s3-replaceable-objects.ts'
import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import { tableEnvironment } from './environment.ts'
import { createHandler } from './handler.ts'

const environment = parseEnvironment(tableEnvironment, process.env)
const s3 = new S3Client(clientSettings)

export const handler = createHandler({
  store: new S3ObjectStore(s3, environment.STUDY_BUCKET),
  files: new S3ReplaceableObjects(s3, environment.TABLE_BUCKET),
  telemetry: createOperationalLog('table'),
})
