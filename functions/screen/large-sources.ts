import { setImmediate } from 'node:timers/promises'
import type { ImageSize } from '../../lib/screening/kernel/geometry.ts'

/** From this size on the mask of one image may take more than a tenth of a second and a hundred megabytes. Unit: pixels. */
const largePixels = 16_000_000

/**
 * Lets masks of large sources be drawn and measured one after the other, with a turn of the event loop in between: a
 * batch of them would take the memory of all at once, and keep heartbeats from being sent for many seconds.
 */
export class LargeSources {
  #last: Promise<void> = Promise.resolve()

  /** Waits until it is this source's turn; at once when it is small. @returns leaves it to the next */
  async enter({ rows, columns }: ImageSize): Promise<() => void> {
    if (rows * columns < largePixels) return () => {}
    const before = this.#last
    let leave: () => void = () => {}
    this.#last = new Promise((resolve) => {
      leave = resolve
    })
    await before
    await setImmediate()
    return leave
  }
}
