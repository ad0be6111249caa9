/**
 * What a screening process is told of the caller's environment: where to write, its language and time zone, how to find
 * its libraries and devices. Nothing else: credentials and tokens that lie in a shell are no business of a decoder.
 */
const passedOn = [
  /^(HOME|USERPROFILE|TMPDIR|TEMP|TMP|TZ|LANG|LANGUAGE|PATH|SystemRoot|windir)$/i,
  /^LC_[A-Z]+$/,
  /^(LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|DYLD_FALLBACK_LIBRARY_PATH)$/,
  /^(CUDA|CUDNN|NVIDIA|NCCL)_[A-Z0-9_]+$/,
]

/** The environment of a screening process, taken from that of the program which starts it. */
export function childEnvironment(own: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(own).filter(([name, value]) => value && passedOn.some((pattern) => pattern.test(name)))
  return Object.fromEntries(kept) as Record<string, string>
}
