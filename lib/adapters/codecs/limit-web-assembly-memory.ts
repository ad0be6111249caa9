const pageBytes = 65536
let limitBytes = Number.POSITIVE_INFINITY

/**
 * Caps every WebAssembly memory of this thread: a thread's resource limits count JavaScript's heap alone. A codec that
 * asks for more is told that there is none, as it would be by a full machine.
 */
export function limitWebAssemblyMemory(bytes: number): void {
  limitBytes = bytes
}

const grow = WebAssembly.Memory.prototype.grow
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * pageBytes > limitBytes) {
    throw new RangeError(`the frame may take ${limitBytes} bytes of memory`)
  }
  return grow.call(this, pages)
}
