/** A zip of a folder, as Lambda takes it: sorted names, one time, so that equal folders give equal bytes. */
export function zipFolder(folder: string): Uint8Array
