import { execFile, execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Cloud, createCloud } from '../cloud/harness/create-cloud.ts'
import { type StandIn, startStandIn } from '../cloud/harness/start-stand-in.ts'
import { filesBelow, root } from './build-assets.ts'

const dockerfile = readFileSync(join(root, 'functions/screen/Dockerfile'), 'utf8')
const hadolint = join(root, 'node_modules/.cache/stand-ins/bin/hadolint')

let standIn: StandIn
let cloud: Cloud
const context = join(inject('assets'), 'screen')
/** The image of the cpu stage. Nobody who runs in it can write there. */
let image: string
beforeAll(async () => {
  standIn = await startStandIn()
  cloud = await createCloud(standIn.endpoint)
  image = assemble()
})
afterAll(() => {
  rmSync(image, { recursive: true, force: true })
  return standIn.stop()
})

/** Copies what the stages before `stage` and itself COPY out of the build context, and node with its libraries. */
function assemble(): string {
  const image = mkdtempSync(join(tmpdir(), 'pleura-image-'))
  chmodSync(image, 0o755)
  for (const [, from, to] of dockerfile.matchAll(/^COPY (\w+) (\/opt\/\S+)$/gm)) {
    cpSync(join(context, from), join(image, to), { recursive: true })
  }
  const node = process.execPath
  const libraries = new Set<string>()
  for (const file of [
    node,
    ...filesBelow(image)
      .filter((name) => /\.(node|so(\.\d+)*)$/.test(name))
      .map((name) => join(image, name)),
  ]) {
    const { stdout } = spawnSync('ldd', [file], { encoding: 'utf8' })
    for (const [library] of stdout.matchAll(/\/\S+\.so[.\d]*/g)) if (!library.startsWith(image)) libraries.add(library)
  }
  const place = (from: string, to: string) => {
    mkdirSync(dirname(join(image, to)), { recursive: true })
    cpSync(from, join(image, to), { dereference: true })
  }
  for (const library of libraries) place(library, library)
  place(node, '/usr/local/bin/node')
  mkdirSync(join(image, 'proc'))
  // As on Fargate: a root that cannot be written, and no folder beside it that can.
  mkdirSync(join(image, 'tmp'))
  return image
}

/** The ENV of the cpu stage. */
function imageEnvironment(): Record<string, string> {
  const [, line] = dockerfile.match(/^ENV (.*EXECUTION_PROVIDER=cpu)$/m) ?? []
  return Object.fromEntries((line ?? '').split(' ').map((pair) => pair.split('=')))
}

/** Runs the image's ENTRYPOINT as its USER, with nothing of this machine in sight. */
function start(image: string, environment: Record<string, string>) {
  const [, user] = dockerfile.match(/^USER (\S+)$/m) ?? []
  const [, entry] = dockerfile.match(/^ENTRYPOINT (\[.*\])$/m) ?? []
  const [, ...words] = JSON.parse(entry ?? '[]')
  const script =
    'mount -t proc proc "$1/proc" && image=$1 user=$2 && shift 2 && exec chroot --userspec="$user" "$image" "$@"'
  const inside = ['/usr/local/bin/node', ...words]
  return promisify(execFile)(
    '/usr/bin/unshare',
    ['--mount', '/bin/sh', '-c', script, 'start', image, user ?? '', ...inside],
    {
      env: { PATH: '/usr/sbin:/usr/bin:/bin', ...imageEnvironment(), ...environment },
      timeout: 200_000,
    },
  ).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

/** Runs what the build runs for the CUDA build, with this machine's pip. */
function vendor(requirements: string) {
  const folder = mkdtempSync(join(tmpdir(), 'pleura-vendor-'))
  const { status, stderr } = spawnSync('sh', [join(root, 'functions/screen/vendor-cuda.sh'), requirements, folder], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(root, 'node_modules/.cache/stand-ins/bin')}:${process.env.PATH}` },
  })
  return { status, stderr, folder, files: readdirSync(folder).sort() }
}

const workerEnvironment = (executionProvider: 'cpu' | 'cuda') => ({
  ...cloud.environment,
  STUDY_BUCKET: cloud.bucket,
  STAT_QUEUE_URL: cloud.stat.url,
  ROUTINE_QUEUE_URL: cloud.routine.url,
  TENANTS_PARAMETER_PATH: cloud.tenantsPath,
  EVENT_BUS_NAME: cloud.busName,
  EXECUTION_PROVIDER: executionProvider,
  MODELS_FOLDER: '/opt/pleura/models',
  IDLE_EXIT_SECONDS: '0',
  VISIBILITY_SECONDS: '30',
  MAXIMUM_BATCH: '4',
  MAXIMUM_RECEIVES: '3',
  STAT_DEAD_LETTER_URL: cloud.stat.deadLetterUrl,
  ROUTINE_DEAD_LETTER_URL: cloud.routine.deadLetterUrl,
  FIRST_RETRY_SECONDS: '0',
  HOURLY_COST_USD: '0.2',
})

describe('the screening image', () => {
  it('has a Dockerfile without findings of hadolint', () => {
    expect(existsSync(hadolint), 'run test/cloud/install-stand-ins.sh').toBe(true)
    const { status, stdout } = spawnSync(hadolint, ['functions/screen/Dockerfile'], { cwd: root, encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  it('has bases by digest, and runs as nobody', () => {
    for (const [, base] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(base).toMatch(/^scratch$|@sha256:[0-9a-f]{64}$/)
    const stages = dockerfile.split(/^FROM /m).slice(1)
    for (const stage of stages.filter((text) => /AS (cpu|gpu)\n/.test(text))) {
      expect(stage).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
      // ECS asks no health check of an image, and Batch knows none: it would only seem to guard.
      expect(stage).not.toMatch(/^HEALTHCHECK /m)
    }
    expect(dockerfile).not.toMatch(/AS (cpu|gpu)\n(?:(?!FROM)[\s\S])*apt-get/)
  })

  it('takes no CUDA build on trust', () => {
    const line = readFileSync(join(root, 'functions/screen/cuda-provider.txt'), 'utf8')
    const wrong = join(mkdtempSync(join(tmpdir(), 'pleura-vendor-')), 'cuda-provider.txt')
    writeFileSync(wrong, line.replace(/sha256:\w{8}/, 'sha256:00000000'))
    const { status, stderr, files } = vendor(wrong)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/do not match the hashes/i)
    expect(files).toEqual([])
  })

  it('asks for the CUDA build of the version of onnxruntime that it holds', () => {
    const { version } = JSON.parse(
      readFileSync(join(context, 'app/node_modules/onnxruntime-node/package.json'), 'utf8'),
    )
    expect(readFileSync(join(context, 'cuda-provider.txt'), 'utf8')).toContain(`onnxruntime-gpu==${version} `)
  })

  it('proves its models with the runtime of the CUDA build too, on the CPU', async () => {
    const { status, stderr, folder, files } = vendor(join(context, 'cuda-provider.txt'))
    expect(status, stderr).toBe(0)
    expect(files).toEqual([
      'libonnxruntime.so.1',
      'libonnxruntime_providers_cuda.so',
      'libonnxruntime_providers_shared.so',
    ])
    const withCuda = mkdtempSync(join(tmpdir(), 'pleura-image-'))
    chmodSync(withCuda, 0o755)
    execFileSync('cp', ['-a', `${image}/.`, withCuda])
    cpSync(folder, join(withCuda, 'opt/pleura/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64'), {
      recursive: true,
    })
    const { code, stdout } = await start(withCuda, workerEnvironment('cpu'))
    expect(stdout).toContain('"event":"ready"')
    expect(code).toBe(0)
    for (const used of [withCuda, folder]) rmSync(used, { recursive: true, force: true })
  })

  it('starts alone: loads and proves its models, finds the queues empty, ends', async () => {
    const { code, stdout } = await start(image, workerEnvironment('cpu'))
    expect(stdout).toContain('"event":"ready"')
    expect(stdout).toContain('"event":"ended"')
    expect(code).toBe(0)
  })

  it('ends at once, naming what its environment lacks', async () => {
    const { code, stdout } = await start(image, {})
    expect(code).toBe(1)
    expect(stdout).toContain('STUDY_BUCKET')
  })

  it('ends with the reason when CUDA was asked for and is absent', async () => {
    const { code, stdout } = await start(image, workerEnvironment('cuda'))
    expect(code).toBe(1)
    expect(stdout).toContain('screening-worker-failed')
    expect(stdout).toMatch(/cuda/i)
  })
})
