import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeReference } from '../../../lib/evaluation/dataset/decode-reference.ts'
import { imageKeyOf } from '../../../lib/evaluation/dataset/image-key.ts'
import { readAnnotations } from '../../../lib/evaluation/dataset/read-annotations.ts'
import { parseAge, readLabels } from '../../../lib/evaluation/dataset/read-labels.ts'
import { csvLine, readTable } from '../../../lib/evaluation/dataset/read-table.ts'
import { temporaryFolder } from '../temporary-folder.ts'

function fileWith(text: string): string {
  const path = join(temporaryFolder(), 'table.csv')
  writeFileSync(path, text)
  return path
}

describe('an annotation file', () => {
  it("is read with SIIM-ACR's blanks, its duplicates merged", async () => {
    const path = fileWith('\ufeffImageId, EncodedPixels\na, 3 2\na,8 1\nb, -1\n')
    const annotations = await readAnnotations(path)
    expect(annotations).toMatchObject({ rowCount: 3, duplicateCount: 1, problems: [] })
    expect(annotations.runLengths).toEqual(
      new Map([
        ['a', ['3 2', '8 1']],
        ['b', []],
      ]),
    )
  })
  it('reports an image that is both empty and masked, and a missing code', async () => {
    const { problems } = await readAnnotations(fileWith('ImageId,EncodedPixels\na,-1\na,3 2\nb,\n'))
    expect(problems.join('\n')).toMatch(/b: the run-length code is missing[\s\S]*a: both '-1' and a mask/)
  })
  it('joins the masks of several readers', () => {
    const mask = decodeReference('a', ['1 2', '2 3'], { rows: 3, columns: 2 })
    expect([...mask]).toEqual([0, 1, 1, 1, 1, 0])
  })
  it('names the remedy when codes run beyond the grid', () => {
    expect(() => decodeReference('a', ['100 2'], { rows: 3, columns: 2 })).toThrow(/--rle-shape/)
  })
})

describe('run lengths', () => {
  it('with absolute starts are told from those counted from the run before', () => {
    const code = '10 3 50 4 90 4 130 5 170 5 211 4'
    expect(() => decodeReference('a', [code], { rows: 40, columns: 40 })).toThrow(/starts were absolute/)
  })
  it.each(['', 'nan', 'None'])(
    'that are missing (%j) say nothing, least of all that there is no pneumothorax',
    async (code) => {
      const { images, problems } = await readLabels(fileWith(`ImageId,EncodedPixels\na,${code}\nb,-1\n`))
      expect([...images.keys()]).toEqual(['b'])
      expect(problems).toEqual([expect.stringMatching(/^a: the run-length code is missing/)])
    },
  )
})

describe('a table of labels', () => {
  it.each([
    ['-1', /^a: the label '-1' says uncertain; the image is left out/],
    ['-1.0', /says uncertain/],
    ['nan', /the label is missing \('nan'\)/],
    ['2', /'2' is not a label; write 1 or 0/],
  ])('leaves out the image of the label %s and names it', async (label, problem) => {
    const { images, problems } = await readLabels(fileWith(`id,label\na,${label}\nb,1.0\n`))
    expect([images.get('a')!.positive, images.get('b')!.positive]).toEqual([null, true])
    expect(problems).toEqual([expect.stringMatching(problem)])
  })
  it.each([
    ['id,label,label\na,1,0\n', /two columns 'label'/],
    ['id,label, Label\na,1,0\n', /two columns 'label'/],
    ['id,label,target\na,1,0\n', /'label' and a column 'target' that disagree/],
  ])('is refused when a column is there twice: %j', async (text, message) => {
    await expect(readLabels(fileWith(text))).rejects.toThrow(message)
  })
  it('is refused in UTF-16, with what to do', async () => {
    const path = fileWith('')
    writeFileSync(path, Buffer.from('\ufeffid,label\na,1\n', 'utf16le'))
    await expect(readLabels(path)).rejects.toThrow(/UTF-16. Save it as UTF-8/)
  })
  it('is read with whatever names its columns have', async () => {
    const path = fileWith(
      'Image_ID,Pneumothorax,PatientID,ViewPosition,Gender,PatientAge\nx/a.dcm,1,p1,pa,m,064Y\nb,no,p2,,,\n',
    )
    const { images, problems } = await readLabels(path)
    expect(problems).toEqual([])
    expect(images.get('a')).toEqual({
      key: 'a',
      positive: true,
      patient: 'p1',
      viewPosition: 'PA',
      sex: 'M',
      ageYears: 64,
      source: null,
    })
    expect(images.get('b')).toMatchObject({ positive: false, patient: 'p2', sex: null })
  })
  it('follows from run lengths where there is no label', async () => {
    const { images } = await readLabels(fileWith('ImageId,EncodedPixels\na,3 2\nb,-1\n'))
    expect([...images.values()].map(({ positive }) => positive)).toEqual([true, false])
  })
  it('keeps the rows that are asked for', async () => {
    const path = fileWith('id,label,split\na,1,train\nb,0,test\n')
    expect([...(await readLabels(path, 'split=test')).images.keys()]).toEqual(['b'])
    await expect(readLabels(path, 'split=gold')).rejects.toThrow(/no rows with split=gold/)
    await expect(readLabels(path, 'fold=1')).rejects.toThrow(/no column 'fold'/)
    await expect(readLabels(path, 'fold')).rejects.toThrow(/column=value/)
  })
  it('reports missing, unknown and repeated labels and leaves out contradictions', async () => {
    const { images, problems } = await readLabels(fileWith('id,label\na,1\na,1\nb,maybe\nc,1\nc,0\nd,\n'))
    expect([...images.keys()]).toEqual(['a', 'b', 'd'])
    expect(images.get('b')!.positive).toBeNull()
    expect(problems.filter((problem) => problem.startsWith('a: listed more than once'))).toHaveLength(1)
    expect(problems.join('\n')).toMatch(/'maybe' is not a label[\s\S]*c: its labels contradict/)
  })
})

describe('a file that is no such table', () => {
  it.each([
    ['torn quotes', 'id,label\n"a,1\n', /not a well-formed CSV/],
    ['a line too short', 'id,label\na\n', /not a well-formed CSV.*line 2/s],
    ['nothing in it', '', /is empty/],
    ['a header alone', 'id,label\n', /no rows/],
    ['no column of labels', 'id,finding\na,1\n', /no column 'label'/],
  ])('is refused with %s', async (_, text, message) => {
    await expect(readLabels(fileWith(text))).rejects.toThrow(message)
  })
  it('is refused when it is missing', async () => {
    await expect(readTable('/nowhere/labels.csv')).rejects.toThrow(/Cannot read/)
  })
})

it.each([
  ['a/b/ID_1.dcm', 'ID_1'],
  ['1.2.840.5.dcm', '1.2.840.5'],
  ['1.2.840.5', '1.2.840.5'],
  ['C:\\x\\y.JPEG', 'y'],
])('names %s by %s', (path, key) => {
  expect(imageKeyOf(path)).toBe(key)
})

it.each([
  ['64', 64],
  ['064Y', 64],
  ['413', 413],
  ['018M', 1.5],
  ['', null],
  ['old', null],
])('reads the age %j', (text, years) => {
  expect(parseAge(text)).toBe(years)
})

it('quotes cells that hold separators', () => {
  expect(csvLine(['a,b', 'say "x"', null, 1])).toBe('"a,b","say ""x""",,1\n')
})
