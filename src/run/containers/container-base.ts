import { TallymanError } from '../../errors.ts'
import type { ContainerSettings } from '../../executor/index.ts'
import { requireEngine, requireOwnImage, requireWorkerImage } from '../../host/index.ts'
import type { Isolation } from '../options.ts'

/** What containers of a run are started from. */
export type ContainerBase = Pick<ContainerSettings, 'engine' | 'image'>

/**
 * Finds the engine and the image that a run's containers are started with; the image is made where it is not there.
 *
 * @param say told, in a sentence, what takes long
 * @returns null for a run whose workers are no containers
 * @throws {TallymanError} `engine-unfit`; `usage` for an image that nobody uses
 */
export async function requireContainers(
  { isolation, image }: { readonly isolation: Isolation; readonly image: string | null },
  say?: (message: string) => void,
): Promise<ContainerBase | null> {
  if (isolation !== 'container') {
    if (image === null) return null
    throw new TallymanError(
      'usage',
      `Option --image is for containers, and workers are of kind ${isolation}.`,
      {
        wayOut: 'Add --isolation container, or leave it out.',
      },
    )
  }
  const engine = await requireEngine()
  return {
    engine,
    image: image === null ? await requireWorkerImage(engine, say) : await requireOwnImage(engine, image),
  }
}
