import type { MultipartUploads, StoredPart } from '../../../functions/console/multipart-uploads.ts'
import type { MemoryBucket } from './memory-bucket.ts'

/** Multipart uploads into a bucket in memory. */
export class MemoryMultiparts implements MultipartUploads {
  /** What was begun and has not ended, by its name. */
  readonly open = new Map<string, { key: string; parts: Map<number, StoredPart> }>()
  readonly #bucket: MemoryBucket
  #begun = 0

  constructor(bucket: MemoryBucket) {
    this.#bucket = bucket
  }

  async begin(key: string): Promise<string> {
    const multipart = `m${++this.#begun}`
    this.open.set(multipart, { key, parts: new Map() })
    return multipart
  }

  async list(key: string, multipart: string): Promise<readonly StoredPart[] | null> {
    this.#bucket.asked.push(key)
    const found = this.open.get(multipart)
    return found && found.key === key ? [...found.parts.values()].sort((a, b) => a.number - b.number) : null
  }

  async signPart(
    key: string,
    multipart: string,
    { number, sizeBytes }: { number: number; sizeBytes: number },
  ): Promise<string> {
    return `https://bucket.example/${key}?multipart=${multipart}&part=${number}&put=${sizeBytes}`
  }

  /** What the bucket does with a part that is sent to an address of it. */
  send(href: string, sizeBytes?: number): void {
    const asked = new URL(href).searchParams
    const number = Number(asked.get('part'))
    const part = { number, sizeBytes: sizeBytes ?? Number(asked.get('put')), etag: `e${number}` }
    this.open.get(asked.get('multipart')!)!.parts.set(number, part)
  }

  async complete(key: string, multipart: string, parts: readonly StoredPart[]): Promise<void> {
    if (!this.open.delete(multipart)) return
    await this.#bucket.put(key, new TextEncoder().encode(parts.map(({ etag }) => etag).join()))
  }

  async abort(_: string, multipart: string): Promise<void> {
    this.open.delete(multipart)
  }
}
