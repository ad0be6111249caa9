import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import {
  keepStudyResult,
  readStudyResult,
  registerImage,
} from '../../lib/screening/result-documents/study-result/keep-study-result.ts'
import { rollUpStudy } from '../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { anyResults, notSuspectedWith, resultOf, suspectedWith, uid } from './study-images.ts'

const place = { prefix: 'studies/x/', studyInstanceUid: uid }

class Killed extends Error {}

/** Lets one writer at a time go on, for as many steps as it is told: others may stand still in mid-write meanwhile. */
class Steps {
  readonly #waiting = new Map<number, () => void>()

  take(writer: number): Promise<void> {
    return new Promise((goOn) => this.#waiting.set(writer, goOn))
  }

  async letGo(bursts: readonly (readonly [number, number])[], all: Promise<unknown>): Promise<void> {
    let isDone = false
    const ended = all.finally(() => {
      isDone = true
    })
    for (const [writer, steps] of bursts) for (let step = 0; step < steps; step++) await this.#step(writer)
    while (!isDone) {
      await new Promise((settled) => setImmediate(settled))
      for (const writer of [...this.#waiting.keys()]) await this.#step(writer)
    }
    await ended
  }

  async #step(writer: number): Promise<void> {
    await new Promise((settled) => setImmediate(settled))
    const goOn = this.#waiting.get(writer)
    this.#waiting.delete(writer)
    goOn?.()
    await new Promise((settled) => setImmediate(settled))
  }
}

/** A store each of whose answers waits for its turn, which may also be the end of the writer. */
function storeOn(objects: Map<string, Uint8Array>, turn: () => Promise<void>): ObjectStore {
  const after = async <T>(act: () => T): Promise<T> => {
    await turn()
    const result = act()
    await turn()
    return result
  }
  return {
    get: (key) =>
      after(() => {
        const body = objects.get(key)
        if (!body) throw new ObjectNotFoundError(key)
        return body
      }),
    put: (key, body, { ifAbsent = false } = {}) =>
      after(() => {
        if (ifAbsent && objects.has(key)) return false
        objects.set(key, body)
        return true
      }),
    exists: (key) => after(() => objects.has(key)),
    delete: (key) => after(() => void objects.delete(key)),
    async *list(prefix) {
      yield* await after(() => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort())
    },
  }
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const nameOf = ({ imageId, screeningKey, analysedAt }: ResultDocument): string =>
  `${imageId}-${screeningKey.slice(0, 2)}-${Date.parse(analysedAt)}`
const keyOf = (result: ResultDocument): string => `results/${nameOf(result)}`

/** What a screening process does with one image, from the note that it is of the study to the study's result. */
async function screenInto(store: ObjectStore, result: ResultDocument): Promise<void> {
  const noted = { imageId: result.imageId, patientMark: 'aaaa', resultKey: keyOf(result), failed: false }
  await registerImage(store, place, noted, nameOf(result))
  await store.put(keyOf(result), encode(result))
  await keepStudyResult(store, place, 'full')
}

describe('keeping the result of a study', () => {
  it('ends with the same study whatever the interleaving of its writers, their kills and their repetitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyResults.map((results) => results.slice(0, 4)),
        fc.array(fc.nat(3), { maxLength: 2 }),
        fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 40 })), { maxLength: 20 }),
        fc.array(fc.nat(60), { maxLength: 5 }),
        async (results, repetitions, bursts, lives) => {
          const objects = new Map<string, Uint8Array>()
          const steps = new Steps()
          const work = [...results, ...repetitions.flatMap((index) => results.slice(index, index + 1))]
          const writers = work.map(async (result, number) => {
            // A queue gives an image that was not answered to another writer; one in two is killed once.
            let left = lives[number] ?? Number.POSITIVE_INFINITY
            for (;;) {
              const turn = async (): Promise<void> => {
                if (left-- <= 0) throw new Killed()
                await steps.take(number)
              }
              try {
                return await screenInto(storeOn(objects, turn), result)
              } catch (error) {
                if (!(error instanceof Killed)) throw error
                left = Number.POSITIVE_INFINITY
              }
            }
          })
          const each = bursts.map(([writer, steps]) => [writer % work.length, steps] as const)
          await steps.letGo(each, Promise.all(writers))
          const stands = await readStudyResult(
            storeOn(objects, async () => {}),
            place,
          )
          const images = results.map((result) => ({
            imageId: result.imageId,
            patientMark: 'aaaa',
            failed: false,
            result,
          }))
          expect(stands).toEqual(results.length === 0 ? null : rollUpStudy(uid, images, 'full'))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('ends with both images of two writers, wherever the one stands still while the other does all of its work', async () => {
    const images = [resultOf(1, notSuspectedWith(0.1)), resultOf(2, suspectedWith(0.9, 'left'))]
    for (let stop = 0; stop < 40; stop++) {
      const objects = new Map<string, Uint8Array>()
      const steps = new Steps()
      const writers = images.map((result, number) =>
        screenInto(
          storeOn(objects, () => steps.take(number)),
          result,
        ),
      )
      const order = [
        [0, stop],
        [1, 80],
        [0, 80],
      ] as const
      await steps.letGo(order, Promise.all(writers))
      const stands = await readStudyResult(
        storeOn(objects, async () => {}),
        place,
      )
      expect(stands, `stopped after ${stop} steps`).toMatchObject({ outcome: 'suspected', counts: { images: 2 } })
    }
  })

  it('never calls a study negative between two of its images, once both are known', async () => {
    const objects = new Map<string, Uint8Array>()
    const store = storeOn(objects, async () => {})
    const [first, second] = [resultOf(1, notSuspectedWith(0.1)), resultOf(2, notSuspectedWith(0.2))]
    const note = (result: ResultDocument) => ({
      imageId: result.imageId,
      patientMark: null,
      resultKey: keyOf(result),
      failed: false,
    })
    for (const result of [first, second]) await registerImage(store, place, note(result))
    await store.put(keyOf(first), encode(first))
    expect(await keepStudyResult(store, place, 'full')).toMatchObject({
      outcome: 'incomplete',
      notAnalysed: [{ reason: 'no-result', images: 1 }],
    })
    await store.put(keyOf(second), encode(second))
    expect((await keepStudyResult(store, place, 'full')).outcome).toBe('not-suspected')
    // The system fails over an image whose earlier result stands.
    await registerImage(store, place, { ...note(second), failed: true })
    expect(await keepStudyResult(store, place, 'full')).toMatchObject({
      outcome: 'incomplete',
      notAnalysed: [{ reason: 'system-failure', images: 1 }],
    })
    await registerImage(store, place, note(second))
    expect((await keepStudyResult(store, place, 'full')).outcome).toBe('not-suspected')
  })

  it('takes a result that cannot be read for none, and a note that cannot be read for an image', async () => {
    const objects = new Map<string, Uint8Array>()
    const store = storeOn(objects, async () => {})
    const result = resultOf(1, suspectedWith(0.9, 'left'))
    await screenInto(store, result)
    expect((await readStudyResult(store, place))?.outcome).toBe('suspected')
    objects.set(keyOf(result), new TextEncoder().encode('{"schemaVersion":2'))
    expect((await keepStudyResult(store, place, 'full')).outcome).toBe('not-analysed')
    for (const key of objects.keys()) if (key.startsWith('studies/x/images/')) objects.set(key, new Uint8Array())
    objects.set('studies/x/study.json', new Uint8Array([0]))
    expect(await keepStudyResult(store, place, 'full')).toMatchObject({
      outcome: 'not-analysed',
      counts: { images: 1 },
      notAnalysed: [{ reason: 'no-result', images: 1 }],
    })
  })

  it('takes a result whose reading fails for none, and waits where it fails for now', async () => {
    const objects = new Map<string, Uint8Array>()
    const result = resultOf(1, notSuspectedWith(0.1))
    await screenInto(
      storeOn(objects, async () => {}),
      result,
    )
    const failing = (error: Error): ObjectStore => {
      const store = storeOn(objects, async () => {})
      return {
        ...store,
        list: store.list,
        get: (key) => (key === keyOf(result) ? Promise.reject(error) : store.get(key)),
      }
    }
    const forNow = keepStudyResult(failing(new TransientError('throttled')), place, 'full')
    await expect(forNow).rejects.toThrow('throttled')
    const kept = await keepStudyResult(failing(new Error('EISDIR')), place, 'full')
    expect(kept.outcome).toBe('not-analysed')
  })

  it('writes nothing where nothing has changed', async () => {
    const objects = new Map<string, Uint8Array>()
    const store = storeOn(objects, async () => {})
    await screenInto(store, resultOf(1, notSuspectedWith(0.1)))
    const before = [...objects.values()]
    await screenInto(store, resultOf(1, notSuspectedWith(0.1)))
    const after = [...objects.values()]
    expect(after.filter((body, at) => body !== before[at]).length).toBe(1) // The result, which the test itself put.
  })

  it('tells a patient that only one of two notes of an image knows', async () => {
    const objects = new Map<string, Uint8Array>()
    const store = storeOn(objects, async () => {})
    const note = (patientMark: string | null, number: number) => ({
      imageId: resultOf(number).imageId,
      patientMark,
      resultKey: keyOf(resultOf(number)),
      failed: false,
    })
    await registerImage(store, place, note('aaaa', 1))
    await registerImage(store, place, note(null, 1))
    await registerImage(store, place, note(null, 2))
    expect((await keepStudyResult(store, place, 'full')).warnings).toEqual([])
    await registerImage(store, place, note('bbbb', 2))
    expect((await keepStudyResult(store, place, 'full')).warnings).toEqual(['patients-differ'])
  })
})
