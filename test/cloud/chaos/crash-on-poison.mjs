// Loaded ahead of a worker's own program: a poison picture ends the process in the very call that hands it to the
// networks, as a fault of native code would.
import { Worker } from 'node:worker_threads'

const { postMessage } = Worker.prototype
Worker.prototype.postMessage = function (message, ...rest) {
  if (message?.input && holdsPoison(message.input)) process.kill(process.pid, 'SIGKILL')
  return postMessage.call(this, message, ...rest)
}

/** Its rows are all the same, and its columns are not. */
function holdsPoison({ data, shape: [images, , rows, columns] }) {
  return Array.from({ length: images }, (_, image) => image).some((image) => {
    const rowAt = (row) => data.subarray(image * (data.length / images)).subarray(row * columns, (row + 1) * columns)
    const [upper, middle] = [rowAt(rows >> 2), rowAt(rows >> 1)]
    const range = Math.max(...middle) - Math.min(...middle)
    return range > 0 && middle.every((value, column) => Math.abs(value - upper[column]) < range / 100)
  })
}
