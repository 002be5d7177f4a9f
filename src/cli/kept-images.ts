import { TallymanError } from '../errors.ts'
import { type Engine, type KeptImage, listImages, removeImage, requireEngine } from '../host/index.ts'

/** Images that tallyman made here for its containers. */
export interface KeptImages {
  readonly images: readonly KeptImage[]
  readonly bytes: number
  remove(): Promise<void>
}

const none: KeptImages = { images: [], bytes: 0, remove: async () => undefined }

/**
 * Looks which images there are.
 *
 * @param isWanted false where it is said only in passing: then a machine without an engine has none
 * @throws {TallymanError} `engine-unfit` where they are wanted and there is no engine; `engine-silent` for one that hangs
 *
 * Cost: two commands of the engine, a tenth of a second each.
 */
export async function keptImages(isWanted: boolean): Promise<KeptImages> {
  let engine: Engine
  try {
    engine = await requireEngine()
    const images = await listImages(engine)
    return {
      images,
      bytes: images.reduce((sum, { bytes }) => sum + bytes, 0),
      remove: async () => {
        // Those that can go do, whatever stays.
        const ends = await Promise.allSettled(images.map((image) => removeImage(engine, image)))
        const stays = ends.find((end) => end.status === 'rejected')
        if (stays !== undefined) throw stays.reason
      },
    }
  } catch (error) {
    if (isWanted || (error instanceof TallymanError && error.code === 'engine-silent')) throw error
    return none
  }
}
