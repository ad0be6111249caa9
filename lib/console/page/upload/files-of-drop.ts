/** Every file of a drop, folders walked to the bottom; hidden files are left out, as `pleura watch` leaves them out. */
export async function filesOfDrop(drop: DataTransfer): Promise<File[]> {
  // All entries are taken before the first `await`: after it the browser has emptied the list.
  const entries = [...drop.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  const files: File[] = []
  for (const entry of entries) await collect(entry, files)
  return files
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (entry.name.startsWith('.')) return
  if (isFile(entry)) {
    files.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)))
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // At most a hundred at a time, until none are left.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    for (const below of some) await collect(below, files)
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile
