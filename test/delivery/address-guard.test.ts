import { describe, expect, it } from 'vitest'
import {
  addressNotAllowed,
  assertAllowedHost,
  guardedLookup,
  isPublicAddress,
} from '../../lib/adapters/delivery/address-guard.ts'

describe('the address guard', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::7f00:1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:0:1::',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'no address',
  ])('takes %s for no public address', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('lets %s pass', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each(['127.0.0.1', '[::1]', '[fe80::1]'])('refuses the host %s, which is never looked up', (host) => {
    expect(() => assertAllowedHost(host, false)).toThrow(expect.objectContaining({ code: addressNotAllowed }))
    expect(() => assertAllowedHost(host, true)).not.toThrow()
  })

  const lookUp = (allow: boolean, all: boolean) =>
    new Promise((resolve, reject) => {
      guardedLookup(allow)('localhost', { all }, (error, address) => (error ? reject(error) : resolve(address)))
    })

  it.each([true, false])('refuses a name that leads to this machine, all addresses asked for: %s', async (all) => {
    await expect(lookUp(false, all)).rejects.toMatchObject({ code: addressNotAllowed })
  })

  it('answers as Node does where private addresses are allowed', async () => {
    expect(await lookUp(true, false)).toMatch(/^(127\.0\.0\.1|::1)$/)
    expect(await lookUp(true, true)).toContainEqual(expect.objectContaining({ address: expect.any(String) }))
  })
})
