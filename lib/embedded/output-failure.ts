/** Nothing more can be written to the output folder, whatever the input: no space or inodes, a quota, a read-only mount. */
const codes: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EROFS']

export const isOutputFailure = (error: unknown): boolean => codes.includes((error as NodeJS.ErrnoException).code)
