/** The program worked and found something that a person must look at: a failed check, a damaged receipt, a dead letter. */
export const attentionExitCode = 3
