import { parseWithin } from './screening-options.ts'

/** Of an option that says where a command listens: 0 takes a port that is free. */
export const parsePort = (text: string): number => parseWithin(text, 0, 65_535)
