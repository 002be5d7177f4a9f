import type { FileFeed } from './file-feed.ts'
import { canInflateInSteps } from './inflater.ts'
import type { RawInflate } from './raw-inflate.ts'
import { SteppedInflate } from './stepped-inflate.ts'
import { StreamInflate } from './stream-inflate.ts'

/**
 * Inflates the stream that begins where the feed stands.
 *
 * @param chunkBytes size of a chunk at most
 */
export function openInflate(feed: FileFeed, chunkBytes: number): RawInflate {
  return canInflateInSteps() ? new SteppedInflate(feed, chunkBytes) : new StreamInflate(feed, chunkBytes)
}
