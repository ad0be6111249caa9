import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const program = resolve(import.meta.dirname, '../../../node_modules/.cache/stand-ins/bin/moto_server')

export interface StandIn {
  readonly endpoint: string
  /** Forgets everything. */
  readonly reset: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** What every client and child process is told, so that it finds the stand-in as it would find AWS. */
export const environmentOf = (endpoint: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** Starts a server that speaks S3, SQS, SSM and EventBridge on a free port of this machine. */
export async function startStandIn(): Promise<StandIn> {
  if (!existsSync(program)) {
    throw new Error('The cloud tests need their stand-in. Run: bash test/cloud/install-stand-ins.sh')
  }
  const port = await freePort()
  const server = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, MOTO_S3_CUSTOM_ENDPOINTS: '' },
  })
  const endpoint = `http://127.0.0.1:${port}`
  await untilItAnswers(endpoint, server)
  return {
    endpoint,
    reset: async () => {
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' })
    },
    stop: () =>
      new Promise((done) => {
        server.once('exit', () => done())
        server.kill('SIGKILL')
      }),
  }
}

async function untilItAnswers(endpoint: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (server.exitCode !== null) throw new Error(`the stand-in ended with ${server.exitCode}`)
    const answered = await fetch(`${endpoint}/moto-api/data.json`).then(
      (response) => response.ok,
      () => false,
    )
    if (answered) return
    await sleep(200)
  }
  server.kill('SIGKILL')
  throw new Error('the stand-in did not answer within a minute')
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer()
    probe.once('error', failed)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}
