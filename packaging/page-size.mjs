// What a browser loads of the console, gzipped; ends with 1 where the page without its viewer is over its budget.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const budgetBytes = 150_000
const folder = fileURLToPath(new URL('../dist/lib/console/page', import.meta.url))
const sizes = readdirSync(folder)
  .filter((name) => !name.endsWith('.txt'))
  .map((name) => ({ name, bytes: gzipSync(readFileSync(join(folder, name))).length }))
const isOfViewer = ({ name }) => name.startsWith('study-page')
const sum = (files) => files.reduce((total, { bytes }) => total + bytes, 0)
const page = sum(sizes.filter((file) => !isOfViewer(file)))
const viewer = sum(sizes.filter(isOfViewer))

for (const { name, bytes } of sizes) console.log(`${String(bytes).padStart(7)} ${name}`)
console.log(`page without viewer: ${page} bytes of ${budgetBytes}; viewer: ${viewer} bytes (gzip)`)
if (viewer === 0) throw new Error('no part of the build is the viewer: has its file another name now?')
if (page > budgetBytes) process.exitCode = 1
