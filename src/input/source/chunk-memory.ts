/**
 * Memory that chunks lay in, for whoever reads next in this thread. What is taken anew the system clears page by page, and V8 looks through all of
 * its heap every few tens of megabytes of it; and a member of an archive is often no longer than a chunk.
 */
const spare: ArrayBufferLike[] = []
/** As many as one reader has under way. */
const spareMax = 3

/** So many bytes, with anything in them. Nobody else has them before `giveMemory`. */
export function takeMemory(bytes: number): Buffer {
  const place = spare.findIndex(({ byteLength }) => byteLength >= bytes)
  const memory = spare[place]
  if (memory === undefined) return Buffer.allocUnsafeSlow(bytes)
  spare.splice(place, 1)
  return Buffer.from(memory, 0, bytes)
}

/** Takes memory back. REQUIRES: nobody looks at it any more, and it is all that its buffer has. */
export function giveMemory(memory: ArrayBufferLike): void {
  if (spare.length < spareMax) spare.push(memory)
}
