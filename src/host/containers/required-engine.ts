import { TallymanError } from '../../errors.ts'
import { type Engine, engineKinds, findEngine } from './engine.ts'

/** The engine that `TALLYMAN_ENGINE` names, or any. Throws `engine-unfit`, or `usage` for one there is not. */
export async function requireEngine(): Promise<Engine> {
  const wanted = process.env.TALLYMAN_ENGINE ?? ''
  const kind = engineKinds.find((one) => one === wanted) ?? null
  if (wanted !== '' && kind === null) {
    throw new TallymanError(
      'usage',
      `TALLYMAN_ENGINE is ${JSON.stringify(wanted)}, which is no container engine.`,
      {
        wayOut: `Say one of ${engineKinds.join(', ')}, or unset it.`,
      },
    )
  }
  return await findEngine(kind)
}
