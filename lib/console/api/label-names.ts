import { imageKeyOf } from '../../evaluation/dataset/image-key.ts'

export interface NamedStudy {
  readonly studyId: string
  readonly names: readonly string[]
}

/**
 * What an evaluation knows each image by: the name of its file, or its id where several images have that name, or where
 * a spreadsheet would take the name for a formula.
 */
export function labelNames(studies: readonly NamedStudy[]): Map<string, string> {
  const studiesOf = new Map<string, Set<string>>()
  for (const { studyId, names } of studies) {
    for (const name of names) {
      const key = imageKeyOf(name)
      studiesOf.set(key, (studiesOf.get(key) ?? new Set()).add(studyId))
    }
  }
  return new Map(
    studies.map(({ studyId, names: [name] }) => {
      const isOwn = name !== undefined && studiesOf.get(imageKeyOf(name))!.size === 1 && !/^[=+\-@]/.test(name)
      return [studyId, isOwn ? name : studyId]
    }),
  )
}
