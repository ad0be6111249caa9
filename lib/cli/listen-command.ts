import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { createSecureContext, type TlsOptions } from 'node:tls'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Destination } from '../embedded/listen.ts'
import type { Log } from '../embedded/log.ts'
import { openStudyStore } from '../operations/open-study-store.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { defaultSuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import { type Lane, lanes } from '../screening/screening-job/tenant.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { addDeidentifyOption, type DeidentifyOption, deidentifiableSettings } from './deidentify-option.ts'
import { addDeliverOption, type DeliverOption, screenAndDeliver } from './deliver-option.ts'
import { formatWatchHead, formatWatchRow } from './format-results.ts'
import { parsePort } from './parse-port.ts'
import { parseTenant } from './parse-tenant.ts'
import { addScreeningOptions, parsePositive, type ScreeningOptions } from './screening-options.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends ScreeningOptions, DeliverOption, DeidentifyOption {
  out: string
  host: string
  port: number
  stowPort?: number
  aeTitle: string
  callingAe: string[]
  peer: string[]
  tlsKey?: string
  tlsCert?: string
  tlsCa?: string
  maximumAssociations: number
  maximumObjectMb: number
  keepFreeMb: number
  idleSeconds: number
  bucket?: string
  tenant?: string
  lane: Lane
  json: boolean
}

const bytesPerMb = 1024 * 1024
/** How often what was received is looked at. Unit: ms. */
const intervalMs = 500

export function addListenCommand(program: Command): void {
  const command = program
    .command('listen')
    .description('receive radiographs by C-STORE (and STOW-RS): on disk before they are acknowledged, then screened')
    .requiredOption('--out <dir>', 'where results, the queue and what was received (received/) go')
    .option('--host <address>', 'the interface that is listened on; 0.0.0.0 is all of them', '127.0.0.1')
    .option('--port <n>', 'of C-STORE and C-ECHO', parsePort, 11112)
    .option('--stow-port <n>', 'also take STOW-RS here, at /studies', parsePort)
    .option('--ae-title <title>', 'what senders must call', parseAeTitle, 'PLEURA')
    .option('--calling-ae <title>', 'a sender that may call; may be repeated; all by default', collectAeTitle, [])
    .option('--peer <address>', 'an address or network (10.1.0.0/16) that may connect; may be repeated', collect, [])
    .option('--tls-key <file>', 'private key (PEM): DICOM and STOW-RS are TLS only then')
    .option('--tls-cert <file>', 'certificate (PEM) of that key')
    .option('--tls-ca <file>', 'only senders with a certificate of this authority (PEM) may connect')
    .option('--maximum-associations <n>', 'senders at a time', parsePositive, 16)
    .option(
      '--maximum-object-mb <n>',
      'larger objects are refused',
      parsePositive,
      defaultSuitabilityPolicy.maximumFileBytes / bytesPerMb,
    )
    .option('--keep-free-mb <n>', 'nothing is taken while the disk has less room', parsePositive, 1024)
    .option('--idle-seconds <n>', 'a sender that is silent for so long is let go', parsePositive, 60)
    .option('--bucket <name>', 'do not screen: put what arrives into this study bucket (a gateway); needs --tenant')
    .option('--tenant <id>', 'whose uploads they are, with --bucket', parseTenant)
    .addOption(new Option('--lane <name>', 'the lane, with --bucket').choices(lanes).default('routine'))
    .option('--json', 'print one JSON line per image', false)
  addDeidentifyOption(addDeliverOption(addScreeningOptions(command))).addHelpText(
    'after',
    wrapNotes(
      'End it with Ctrl-C: what is under way is finished first. After a kill, start it again: nothing acknowledged is lost or screened twice.',
    ),
  )
  command.action(async (options: Options) => {
    const { log: format } = program.opts<{ log: LogFormat }>()
    const signal = stopOnInterrupt(format)
    const log = createLog(format)
    if (options.bucket !== undefined) return listenTo(await bucketOf(options, options.bucket), options, log, signal)
    await screenAndDeliver(
      options,
      await deidentifiableSettings(options, log),
      { log, signal },
      async (settings, onResult) => {
        const { json, out } = options
        const onStudy = (line: ResultLine) => console.log(json ? JSON.stringify(line) : formatWatchRow(line, out))
        await listenTo({ kind: 'screen', settings, onResult, onStudy }, options, log, signal)
      },
    )
  })
}

async function listenTo(destination: Destination, options: Options, log: Log, signal: AbortSignal): Promise<void> {
  const { listen } = await import('../embedded/listen.ts')
  await listen({
    ...options,
    outDir: options.out,
    dicomPort: options.port,
    stowPort: options.stowPort ?? null,
    callingAeTitles: options.callingAe.length === 0 ? null : options.callingAe,
    peers: peersOf(options.peer),
    tls: tlsOf(options),
    maximumObjectBytes: options.maximumObjectMb * bytesPerMb,
    keepFreeBytes: options.keepFreeMb * bytesPerMb,
    idleMs: options.idleSeconds * 1000,
    intervalMs,
    destination,
    log,
    signal,
    onListening: ({ dicom, stow }) => {
      log('info', 'listening', { dicom, stow })
      if (options.json) return
      console.log(`Listening on ${options.host}, port ${dicom}, as ${options.aeTitle}. Ctrl-C ends it.`)
      if (stow !== null) console.log(`STOW-RS: port ${stow}, /studies`)
      if (options.bucket === undefined) console.log(formatWatchHead())
    },
  })
}

async function bucketOf({ tenant, lane, json, deliver, deidentify }: Options, bucket: string): Promise<Destination> {
  if (tenant === undefined) throw new ConfigurationError('--bucket needs --tenant: whose uploads are they?')
  if (deliver !== undefined) throw new ConfigurationError('--deliver goes with screening here, not with --bucket.')
  if (deidentify !== undefined) {
    throw new ConfigurationError(
      '--deidentify goes with screening here, not with --bucket: the bucket gets what was sent, and the cloud does not de-identify.',
    )
  }
  return {
    kind: 'bucket',
    store: await openStudyStore({ bucket }),
    tenant,
    lane,
    onUploaded: (upload) => console.log(json ? JSON.stringify(upload) : upload.key),
  }
}

/** @throws {ConfigurationError} for half a pair, or a file that is no key or certificate */
function tlsOf({ tlsKey, tlsCert, tlsCa }: Options): TlsOptions | null {
  if (tlsKey === undefined && tlsCert === undefined && tlsCa === undefined) return null
  if (tlsKey === undefined || tlsCert === undefined) {
    throw new ConfigurationError('TLS needs both --tls-key and --tls-cert.')
  }
  const tls: TlsOptions = {
    key: readFileSync(tlsKey),
    cert: readFileSync(tlsCert),
    minVersion: 'TLSv1.2',
    ...(tlsCa === undefined ? {} : { ca: readFileSync(tlsCa), requestCert: true, rejectUnauthorized: true }),
  }
  try {
    createSecureContext(tls)
  } catch (cause) {
    const files = [tlsKey, tlsCert, tlsCa].filter(Boolean).join(', ')
    throw new ConfigurationError(`One of ${files} is no key, or no certificate, in PEM form, or they do not match.`, {
      cause,
    })
  }
  return tls
}

function peersOf(peers: readonly string[]): BlockList | null {
  if (peers.length === 0) return null
  const list = new BlockList()
  for (const peer of peers) {
    const [address, ...prefixes] = peer.split('/')
    const [prefix] = prefixes
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    try {
      // `10.1.0.0/` would be the network of all addresses.
      if (prefixes.length > 1 || prefix === '') throw new RangeError('no length of a network')
      if (prefix === undefined) list.addAddress(address, family)
      else list.addSubnet(address, Number(prefix), family)
    } catch (cause) {
      throw new ConfigurationError(
        `--peer ${peer} is neither an address nor a network. Give 10.1.2.3 or 10.1.0.0/16.`,
        {
          cause,
        },
      )
    }
  }
  return list
}

/** @see DICOM PS3.5 6.2, AE */
function parseAeTitle(text: string): string {
  if (!/^(?! *$)[\x20-\x5b\x5d-\x7e]{1,16}$/.test(text)) {
    throw new InvalidArgumentError('an AE title has 1 to 16 characters of ASCII, and no backslash')
  }
  return text.trim()
}

const collect = (value: string, before: string[]): string[] => [...before, value]
const collectAeTitle = (value: string, before: string[]): string[] => [...before, parseAeTitle(value)]
