import { screenOverAndOver } from './memory.ts'

const [count, ...files] = process.argv.slice(2)
console.log(JSON.stringify(await screenOverAndOver(files, Number(count))))
