import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface Authority extends Certificate {
  readonly name: string
  readonly keyObject: KeyObject
}

interface Contents {
  readonly subject: string
  readonly issuer: string
  readonly signer: KeyObject
  readonly publicKey: KeyObject
  readonly notAfter: Date
  readonly extensions: readonly Buffer[]
}

const day = 24 * 60 * 60 * 1000
const later = (days: number): Date => new Date(Date.now() + days * day)

/** An authority of a test's own, that nobody else trusts. */
export function makeAuthority(name = 'an authority'): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const isAuthority = extension('551d13', sequence(Buffer.from('0101ff', 'hex')), true)
  const cert = build({
    subject: name,
    issuer: name,
    signer: privateKey,
    publicKey,
    notAfter: later(2),
    extensions: [isAuthority],
  })
  return { name, keyObject: privateKey, cert, key: pemOf(privateKey) }
}

/** A certificate for 127.0.0.1, or for another IPv4 address. */
export function makeCertificate(
  authority: Authority,
  { address = '127.0.0.1', isExpired = false }: { address?: string; isExpired?: boolean } = {},
): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = extension('551d11', sequence(der(0x87, Buffer.from(address.split('.').map(Number)))))
  const cert = build({
    subject: `at ${address}`,
    issuer: authority.name,
    signer: authority.keyObject,
    publicKey,
    notAfter: later(isExpired ? -1 : 2),
    extensions: [names],
  })
  return { cert, key: pemOf(privateKey) }
}

/** @see RFC 5280 4.1 */
function build({ subject, issuer, signer, publicKey, notAfter, extensions }: Contents): string {
  const toBeSigned = sequence(
    der(0xa0, Buffer.from('020102', 'hex')),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(utcTime(later(-3)), utcTime(notAfter)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = der(0x03, Buffer.concat([Buffer.of(0), sign('sha256', toBeSigned, signer)]))
  const text = sequence(toBeSigned, ecdsaWithSha256, signature)
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

function der(tag: number, contents: Buffer): Buffer {
  const { length } = contents
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), contents])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 255), contents])
}
function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}
function objectIdentifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}
const ecdsaWithSha256 = sequence(objectIdentifier('2a8648ce3d040302'))
const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(objectIdentifier('550403'), der(0x0c, Buffer.from(commonName)))))
const utcTime = (date: Date): Buffer =>
  der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))
function extension(identifier: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [Buffer.from('0101ff', 'hex')] : []
  return sequence(objectIdentifier(identifier), ...critical, der(0x04, value))
}
