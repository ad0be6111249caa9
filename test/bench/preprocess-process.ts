import { preprocessOnce } from './largest-jpeg2000.ts'

console.log(JSON.stringify(await preprocessOnce(process.argv[2])))
