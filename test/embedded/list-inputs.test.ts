import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { isNotAPicture } from '../../lib/adapters/embedded/is-not-a-picture.ts'
import { decodePath, displayPath, encodePath } from '../../lib/adapters/embedded/path-bytes.ts'
import { identifySource } from '../../lib/embedded/identify-source.ts'
import { listInputs } from '../../lib/embedded/list-inputs.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pleura-inputs-'))
})

const listed = async (outDir = join(folder, 'out')) =>
  (await listInputs([folder], outDir)).map(({ path, problem }) => [path.slice(folder.length + 1), problem])

describe('the inputs below a folder', () => {
  it('follow links, once for each folder, and circles end', async () => {
    mkdirSync(join(folder, 'a'))
    writeFileSync(join(folder, 'a/one.dcm'), 'x')
    symlinkSync('../a', join(folder, 'a/self'))
    symlinkSync('..', join(folder, 'a/up'))
    symlinkSync('a/one.dcm', join(folder, 'link.dcm'))
    expect(await listed()).toEqual([
      ['a/one.dcm', null],
      ['a/self', 'listed-already'],
      ['a/up', 'listed-already'],
      ['link.dcm', null],
    ])
  })

  it('have an entry for a link that leads nowhere, a pipe and a hidden folder', async () => {
    symlinkSync('/no/such', join(folder, 'dangling.dcm'))
    execFileSync('mkfifo', [join(folder, 'pipe.dcm')])
    mkdirSync(join(folder, '.hidden'))
    writeFileSync(join(folder, '.file.dcm'), 'x')
    expect(await listed()).toEqual([
      ['.file.dcm', null],
      ['.hidden', 'hidden-folder'],
      ['dangling.dcm', 'unreadable'],
      ['pipe.dcm', 'unreadable'],
    ])
  })

  it('leave out the output folder, by whatever path it is given, but not one that holds it', async () => {
    mkdirSync(join(folder, 'out/in'), { recursive: true })
    writeFileSync(join(folder, 'out/in/one.dcm'), 'x')
    symlinkSync('out', join(folder, 'other-name'))
    expect(await listed(join(folder, 'other-name'))).toEqual([])
    expect(await listInputs([join(folder, 'out/in')], join(folder, 'out'))).toHaveLength(1)
  })

  it('are read by names that are not UTF-8', async () => {
    const name = Buffer.from('M\xfcller\xe9\xc3.dcm', 'latin1')
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), 'x')
    const [{ path }] = await listInputs([folder], join(folder, 'out'))
    expect(JSON.stringify(path)).toContain('M\\udcfcller\\udce9\\udcc3.dcm')
    expect(await identifySource(JSON.parse(JSON.stringify(path)))).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('a path', () => {
  it.each(['plain', 'Müller', '胸部/😀', '\ufffd'])('stays as it is where it is UTF-8: %s', (path) => {
    expect(decodePath(Buffer.from(path))).toBe(path)
    expect(encodePath(path)).toBe(path)
  })

  it('comes back to its bytes whatever they are', () => {
    for (let byte = 0x80; byte < 0x100; byte++) {
      const bytes = Buffer.concat([
        Buffer.from('é/'),
        Buffer.of(byte, byte, 0x41),
        Buffer.of(0xf0, 0x9f),
        Buffer.of(byte),
      ])
      expect(Buffer.from(encodePath(decodePath(bytes)))).toEqual(bytes)
    }
  })

  it.each([
    ['\x1b[31mred\x07.dcm', '\\x1B[31mred\\x07.dcm'],
    ['a\u202egnp.dcm', 'a\\u{202E}gnp.dcm'],
    ['two\nlines', 'two\\x0Alines'],
    ['M\udcfcller', 'M\\xFCller'],
  ])('is shown without what could steer a terminal: %j', (path, shown) => {
    expect(displayPath(path)).toBe(shown)
  })
})

describe('a file beside radiographs', () => {
  const dicom = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')])
  it.each([
    ['README.txt', Buffer.from('read me'), true],
    ['labels.csv', Buffer.from('id,label'), true],
    ['._one.dcm', Buffer.from([0, 5, 22, 7]), true],
    ['DICOMDIR', Buffer.concat([dicom, Buffer.from('1.2.840.10008.1.3.10')]), true],
    ['radiograph.txt', dicom, false],
    ['DICOMDIR', dicom, false],
    ['one.dcm', Buffer.from('text'), false],
    ['empty.txt', Buffer.alloc(0), false],
  ])('%s is set aside only when name and content agree', async (name, content, expected) => {
    writeFileSync(join(folder, name), content)
    expect(await isNotAPicture(join(folder, name))).toBe(expected)
  })
})
