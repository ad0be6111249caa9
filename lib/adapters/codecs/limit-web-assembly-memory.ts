const pageBytes = 65536
let limitBytes = Number.POSITIVE_INFINITY
let largestBytes = 0

/**
 * Caps every WebAssembly memory of this thread: a thread's resource limits count JavaScript's heap alone. A codec that
 * asks for more is told that there is none, as it would be by a full machine.
 */
export function limitWebAssemblyMemory(bytes: number): void {
  limitBytes = bytes
}

/** The size that any memory of this thread has grown to; 0 where none had to grow. */
export const grownBytes = (): number => largestBytes

const grow = WebAssembly.Memory.prototype.grow
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * pageBytes > limitBytes) {
    throw new RangeError(`the frame may take ${limitBytes} bytes of memory`)
  }
  const before = grow.call(this, pages)
  largestBytes = Math.max(largestBytes, (before + pages) * pageBytes)
  return before
}
