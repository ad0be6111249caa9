import { preprocessOnce } from './largest.ts'

console.log(JSON.stringify(await preprocessOnce(process.argv[2])))
