import { describe, expect, it } from 'vitest'
import { isLoopback } from '../../../lib/embedded/console/console-access.ts'
import { safeName } from '../../../lib/embedded/console/upload-folder.ts'

describe('safeName', () => {
  it.each([
    ['chest.dcm', 'chest.dcm'],
    ['Müller äöü.dcm', 'Müller äöü.dcm'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['..', 'image'],
    ['.hidden', 'hidden'],
    ['a\u0000b\n.dcm', 'ab.dcm'],
    ['/', 'image'],
    ['\ud83d', 'image'],
    ['a\udc00b.dcm', 'ab.dcm'],
    [`${'x'.repeat(49)}🫁${'y'.repeat(30)}.dcm`, `${'x'.repeat(49)}🫁yyyyyy.dcm`],
    ['🫁'.repeat(60), '🫁'.repeat(60)],
    [`${'x'.repeat(300)}.dcm`, `${'x'.repeat(50)}xxxxxx.dcm`],
  ])('makes of %j a name that leaves no folder', (name, expected) => {
    expect(safeName(name)).toBe(expected)
  })
})

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.0.1', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.4', false],
    ['127.example.com', false],
  ])('says of %s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})
