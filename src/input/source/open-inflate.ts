import type { FileFeed } from './file-feed.ts'
import { canInflateInSteps, Inflater } from './inflater.ts'
import type { RawInflate } from './raw-inflate.ts'
import { type InflateWants, SteppedInflate } from './stepped-inflate.ts'
import { StreamInflate } from './stream-inflate.ts'

/**
 * Inflates the stream that begins where the feed stands.
 *
 * @param chunkBytes size of a chunk at most
 * @param wants is not looked at where Node cannot inflate in steps
 */
export function openInflate(feed: FileFeed, chunkBytes: number, wants: InflateWants = {}): RawInflate {
  if (!canInflateInSteps()) return new StreamInflate(feed, chunkBytes)
  return new SteppedInflate(feed, chunkBytes, new Inflater(), wants)
}
