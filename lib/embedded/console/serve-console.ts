import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { createCodecs } from '../../adapters/codecs/create-codecs.ts'
import { FolderObjectStore } from '../../adapters/embedded/folder-object-store.ts'
import { systemClock } from '../../adapters/embedded/system-clock.ts'
import { createApi } from '../../console/api/create-api.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ResultLine } from '../../screening/result-documents/result-line.ts'
import { AppendJournal } from '../append-journal.ts'
import type { Log } from '../log.ts'
import { lockOutputFolder } from '../output-lock.ts'
import type { ScreeningSettings } from '../screening-settings.ts'
import { StudyScreener, systemFailure } from '../study-screener.ts'
import { ConsoleAccess, isLoopback } from './console-access.ts'
import { FolderRedrive } from './folder-redrive.ts'
import { FolderReviews } from './folder-reviews.ts'
import { FolderStudies } from './folder-studies.ts'
import { FolderUploads } from './folder-uploads.ts'
import { servePage } from './serve-page.ts'
import { type KeptFile, UploadFolder } from './upload-folder.ts'

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
 * Serves the console over an output folder until `signal` is aborted; what was uploaded by then is screened first. It is
 * the one writer of the folder meanwhile.
 * @throws {ConfigurationError} when the folder is in use, the address taken, or the models do not belong together
 */
export async function serveConsole(settings: ScreeningSettings, options: ServeOptions): Promise<void> {
  const { log, signal } = options
  const unlock = await lockOutputFolder(settings.outDir, 'serve')
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
    const journal = open(await AppendJournal.open<ResultLine>(join(settings.outDir, 'results.jsonl')))
    const store = new FolderObjectStore(settings.outDir)
    const reviews = await FolderReviews.open(store, systemClock, ({ studyId }) => studies.refresh(studyId))
    const keysOf = (studyId: string) => reviews.reviewsOf(studyId).map(({ screeningKey }) => screeningKey)
    const studies = await FolderStudies.open(journal.lines, store, systemClock, keysOf)
    const screen = async ({ path }: Pick<KeptFile, 'path'>): Promise<ResultLine> => {
      const { line } = await screener.screen({ path, problem: null })
      await journal.append(line)
      await studies.add(line)
      return line
    }
    const folder = new UploadFolder(join(settings.outDir, 'uploads'))
    // A disk that is full, or models that do not belong together, end the program: nothing more could be kept.
    const uploads = new FolderUploads(folder, {
      maximumBytes: settings.policy.maximumFileBytes,
      screen,
      onFailure: (error) => failure.abort(error),
    })
    // What the system failed over is tried again, as by a second run of `screen`.
    const finished = journal.lines.filter(({ reason }) => reason !== systemFailure)
    const listed = new Set(finished.map(({ input }) => input))
    uploads.screenLeftOver((await folder.list()).filter(({ path }) => !listed.has(path)))

    const redrive = new FolderRedrive(studies, (path) => uploads.follow(screen({ path })))
    const { policy } = settings
    const api = createApi({ studies, uploads, reviews, redrive, clock: systemClock, codecs, policy, onFailure })
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
