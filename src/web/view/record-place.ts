import { splitName } from '../../input/index.ts'
import { showCount } from '../../quantities.ts'
import type { RunState } from '../../run/index.ts'

/** `day.zip!03.jsonl, byte 1,234`. */
export function sayRecordPlace(
  state: RunState,
  { ordinal, byte }: { readonly ordinal: number; readonly byte: number },
): string {
  const split = state.plan.splits[ordinal]
  return `${split === undefined ? `split ${ordinal}` : splitName(split)}, byte ${showCount(byte)}`
}
