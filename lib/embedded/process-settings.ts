import { childEnvironment } from './child-environment.ts'

/**
 * How glibc keeps what was freed: by default in an arena for each core and in a heap that grows with every large buffer
 * that was ever used. Pictures come and go by megabytes: these are given back at once. Ignored by other allocators.
 * @see mallopt(3)
 */
const allocator = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: String(2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 22),
}

/** What a screening process is started with: its environment, and a young generation that suits small objects. */
export const screeningProcessSettings = (own: NodeJS.ProcessEnv) => ({
  env: { ...childEnvironment(own), ...allocator },
  execArgv: ['--max-semi-space-size=4'],
})
