import { lookup } from 'node:dns'
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net'

/** Everything that is not the public internet, and what may lead out of it. @see IANA special-purpose registries */
const notPublic = new BlockList()
for (const network of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
]) {
  const [address, prefix] = network.split('/')
  notPublic.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** The code of an error that says: this address is not allowed. */
export const addressNotAllowed = 'EPLEURAADDRESS'

/** An IPv4 address in the form of IPv6 is judged as that IPv4 address. */
export const isPublicAddress = (address: string): boolean =>
  isIP(address) !== 0 && !notPublic.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/**
 * Refuses a host that is itself an address and not a public one: such a host is never looked up.
 * @throws with the code `addressNotAllowed`
 */
export function assertAllowedHost(host: string, allowPrivateAddress: boolean): void {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (!allowPrivateAddress && isIP(address) !== 0 && !isPublicAddress(address)) throw notAllowed()
}

/**
 * Looks up as Node does, and refuses a name as soon as one of its addresses is not public. It is asked for the very
 * address that is then connected to, so that a name cannot answer differently in between.
 */
export const guardedLookup =
  (allowPrivateAddress: boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      if (!allowPrivateAddress && !addresses.every(({ address }) => isPublicAddress(address))) {
        return callback(notAllowed(), '', 0)
      }
      if (options.all) callback(null, addresses)
      else callback(null, addresses[0].address, addresses[0].family)
    })
  }

const notAllowed = (): Error =>
  Object.assign(new Error('the address is not a public one, and the target does not allow it'), {
    code: addressNotAllowed,
  })
