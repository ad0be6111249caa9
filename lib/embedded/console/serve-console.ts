import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { createCodecs } from '../../adapters/codecs/create-codecs.ts'
import { FolderObjectStore } from '../../adapters/embedded/folder-object-store.ts'
import { systemClock } from '../../adapters/embedded/system-clock.ts'
import { createApi } from '../../console/api/create-api.ts'
import { FrameReader } from '../../console/api/frame-reader.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ResultLine } from '../../screening/result-documents/result-line.ts'
import { AppendJournal } from '../append-journal.ts'
import type { Log } from '../log.ts'
import { endlessWriterOf, lockOutputFolder } from '../output-lock.ts'
import type { ScreeningSettings } from '../screening-settings.ts'
import { StudyScreener } from '../study-screener.ts'
import { ConsoleAccess, isLoopback } from './console-access.ts'
import { FolderMarks } from './folder-marks.ts'
import { FolderPriors } from './folder-priors.ts'
import { FolderRedrive } from './folder-redrive.ts'
import { FolderReviews } from './folder-reviews.ts'
import { FolderStudies } from './folder-studies.ts'
import { FolderUploads } from './folder-uploads.ts'
import { ResultFollower } from './result-follower.ts'
import { servePage } from './serve-page.ts'
import { UnfinishedUploads } from './unfinished-uploads.ts'
import { type KeptFile, UploadFolder } from './upload-folder.ts'
import { type Held, WritingTurn } from './writing-turn.ts'

export interface ServeOptions {
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
  /** Asked for on every interface but the loopback. */
  readonly token: string
  readonly concurrency: number
  readonly log: Log
  readonly signal: AbortSignal
  /** Told where the console is, once it answers. */
  readonly onReady: (address: string, isTokenNeeded: boolean) => void
}

/**
 * Serves the console over an output folder until `signal` is aborted; what was uploaded by then is screened first. Other
 * programs may write to the folder: it is held only while an upload is screened.
 * @throws {ConfigurationError} when the folder is in use, the address taken, or the models do not belong together
 */
export async function serveConsole(settings: ScreeningSettings, options: ServeOptions): Promise<void> {
  const { log, signal } = options
  // Two consoles over one folder would not see each other's reviews.
  const unlock = await lockOutputFolder(join(settings.outDir, '.serve'), 'serve')
  const opened: { close(): Promise<void> }[] = []
  const open = <R extends { close(): Promise<void> }>(resource: R): R => {
    opened.push(resource)
    return resource
  }
  const codecs = open(createCodecs())
  const failure = new AbortController()
  const onFailure = (error: unknown): void => {
    log('error', 'console-failed', { cause: (error as Error).message })
  }
  try {
    const page = await servePage()
    const screener = open(await StudyScreener.open(settings, { ...options, force: false }))
    const store = new FolderObjectStore(settings.outDir)
    const reviews = await FolderReviews.open(store, systemClock, ({ studyId }) => studies.refresh(studyId))
    const marks = await FolderMarks.open(store, systemClock, ({ studyId }) => studies.refreshStudyOf(studyId))
    const said = {
      reviewedKeysOf: (studyId: string) => reviews.reviewsOf(studyId).map(({ screeningKey }) => screeningKey),
      marksOf: (studyId: string) => marks.marksOf(studyId),
    }
    const list = join(settings.outDir, 'results.jsonl')
    const studies = new FolderStudies(new ResultFollower(list), store, systemClock, said, () => {
      uploads.follow(screenLeftOver())
    })
    const ending = AbortSignal.any([signal, failure.signal])
    const turn = new WritingTurn(() => takeFolder(settings.outDir, list), ending)
    /** By path: a file that is left over may be on its way already. */
    const underWay = new Map<string, Promise<ResultLine | null>>()
    const screen = ({ path }: Pick<KeptFile, 'path'>): Promise<ResultLine | null> => {
      const known = underWay.get(path)
      if (known) return known
      const screened = screenInTurn(path).finally(() => underWay.delete(path))
      underWay.set(path, screened)
      return screened
    }
    const screenInTurn = async (path: string): Promise<ResultLine | null> => {
      const line = await turn.write(async (journal) => {
        const { line } = await screener.screen({ path, problem: null })
        await journal.append(line)
        return line
      })
      await studies.follow()
      return line
    }
    const findEndlessWriter = () => endlessWriterOf(settings.outDir)
    const uploadsDir = join(settings.outDir, 'uploads')
    const folder = new UploadFolder(uploadsDir)
    const unfinished = new UnfinishedUploads(join(uploadsDir, '.unfinished'), systemClock)
    // A disk that is full, or models that do not belong together, end the program: nothing more could be kept.
    const uploads = new FolderUploads(folder, unfinished, {
      maximumBytes: settings.policy.maximumFileBytes,
      screen,
      findEndlessWriter,
      onFailure: (error) => failure.abort(error),
    })
    // What has no line, or was failed over, is tried again, as by a second run of `screen`; so is what another program has
    // left out of the list that it put in the place of ours.
    const screenLeftOver = async (): Promise<void> => {
      const kept = await folder.list()
      const listed = studies.finishedInputs()
      uploads.screenLeftOver(kept.filter(({ path }) => !listed.has(path)))
    }
    await folder.removeDrafts()
    await unfinished.removeDrafts()
    open(everyHour(() => unfinished.removeForgotten().catch(onFailure)))
    await studies.follow()
    const redrive = new FolderRedrive(studies, (path) => uploads.follow(screen({ path })), findEndlessWriter)
    const priors = new FolderPriors(studies)
    priors.look().catch(onFailure)
    const { policy } = settings
    const frames = new FrameReader(studies, codecs, policy)
    const reviewerOf = () => null
    const api = createApi({
      studies,
      frames,
      priors,
      uploads,
      reviews,
      marks,
      redrive,
      usage: { thisMonth: async () => null },
      clock: systemClock,
      codecs,
      reviewerOf,
      onFailure,
    })
    const server = await listen(guarded(api, new ConsoleAccess(tokenFor(options)), page), options)
    await endOf([signal, failure.signal])
    await close(server)
    await uploads.settle()
    if (failure.signal.aborted) throw failure.signal.reason
  } finally {
    for (const resource of opened.reverse()) await resource.close()
    await unlock()
  }
}

const tokenFor = ({ host, token }: ServeOptions): string | null => (isLoopback(host) ? null : token)

function guarded(api: OpenAPIHono, access: ConsoleAccess, page: Awaited<ReturnType<typeof servePage>>): OpenAPIHono {
  const app = new OpenAPIHono()
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      crossOriginResourcePolicy: 'same-origin',
      referrerPolicy: 'no-referrer',
      // Plain HTTP on one machine: a browser must not be told to come back by TLS only.
      strictTransportSecurity: false,
    }),
  )
  app.use(access.guard)
  app.post('/api/session', bodyLimit({ maxSize: 1024 }), access.signIn)
  app.use(page)
  app.route('/', api)
  app.notFound((c) => api.fetch(c.req.raw))
  return app
}

function listen(app: OpenAPIHono, { host, port, onReady }: ServeOptions): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, (address) => {
      const name = host.includes(':') ? `[${host}]` : host
      onReady(`http://${name}:${address.port}/`, !isLoopback(host))
      resolve(server)
    })
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const remedy = cause.code === 'EADDRINUSE' ? 'Give another --port.' : 'Give another --host or --port.'
      reject(new ConfigurationError(`${host}:${port} cannot be listened on (${cause.code}). ${remedy}`, { cause }))
    })
  })
}

/** The output folder, and its list to be added to, until they are given back. */
async function takeFolder(outDir: string, list: string): Promise<Held<AppendJournal<ResultLine>>> {
  const unlock = await lockOutputFolder(outDir, 'serve')
  try {
    const journal = await AppendJournal.open<ResultLine>(list)
    return {
      value: journal,
      giveBack: async () => {
        await journal.close()
        await unlock()
      },
    }
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Does a thing now and every hour, until it is closed. */
function everyHour(work: () => Promise<void>): { close(): Promise<void> } {
  let last = work()
  const timer = setInterval(() => {
    last = work()
  }, 3_600_000)
  return {
    close: () => {
      clearInterval(timer)
      return last
    },
  }
}

const endOf = (signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    }
  })

/** Ends connections that a browser keeps open; answers under way are finished. */
const close = (server: ServerType): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeIdleConnections' in server) server.closeIdleConnections()
    setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), 2000).unref()
  })
