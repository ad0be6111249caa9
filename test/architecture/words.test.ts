import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const sources = ['lib', 'functions', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs|css)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
)

describe('names', () => {
  it('of files say what is in them', () => {
    const empty = /(^|[/-])(utils?|helpers?|common|managers?|services?|info|handle)(?=[./-])/
    expect(sources.filter((file) => empty.test(file))).toEqual([])
  })

  it("call the classifier's answer a probability", () => {
    const banned = /\b(score|confidence)s?\b|(?<=[a-z])(Score|Confidence)(?![a-z])|\b(score|confidence)(?=[A-Z])/
    // What others call so: a confidence interval, and statistics that are named after a score.
    const theirs =
      /confidence (interval|level)|95 % confidence|score (interval|test)|Brier score|Wilson score|F1 score/i
    const found = sources
      .filter((file) => file !== 'test/architecture/words.test.ts')
      .flatMap((file) =>
        readFileSync(join(root, file), 'utf8')
          .split('\n')
          .filter((line) => banned.test(line) && !theirs.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      )
    expect(found).toEqual([])
  })
})
