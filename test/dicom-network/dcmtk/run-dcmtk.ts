import { execFile } from 'node:child_process'

export interface ToolRun {
  readonly code: number
  /** Standard output and error together: DCMTK's log. */
  readonly text: string
}

/** Runs one of DCMTK's tools to its end. Never rejects for an exit code. */
export const runDcmtk = (tool: string, ...args: string[]): Promise<ToolRun> =>
  new Promise((resolve, reject) => {
    execFile(tool, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error)
      else resolve({ code: Number(error?.code ?? 0), text: `${stdout}${stderr}` })
    })
  })
