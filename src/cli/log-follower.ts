import { statSync } from 'node:fs'
import { type LogSource, readLog } from '../run/index.ts'

/** Something that was printed. */
export interface LogPiece {
  readonly source: LogSource
  readonly text: string
  readonly droppedBytes: number
}

/** How far a log has been told. */
interface Told {
  /** Size and time of the file at the last look. */
  stamp: string
  /** Characters of the file. */
  length: number
  /** More was printed than is kept, so that the end of the file changes with all that comes. */
  isCut: boolean
}

/** Tells of logs what has come since the last look. */
export class LogFollower {
  readonly #told = new Map<string, Told>()

  /**
   * What has been added, in whole lines. Once more is printed than is kept, that is said, and the last part is told at the end.
   *
   * @param isEnd nothing more will come, so that the rest need not end with a line
   */
  look(source: LogSource, { isEnd }: { readonly isEnd: boolean }): LogPiece[] {
    const stamp = stampOf(source.file)
    const told = this.#told.get(source.of) ?? { stamp: '', length: 0, isCut: false }
    const isNew = !this.#told.has(source.of)
    this.#told.set(source.of, told)
    if (stamp === told.stamp && !isEnd) return []
    told.stamp = stamp
    const { text, headLength, droppedBytes } = readLog(source.file)
    const piece = (words: string): LogPiece => ({ source, text: words, droppedBytes })
    if (isEnd) {
      const rest = text.slice(told.isCut ? headLength : told.length)
      told.length = text.length
      return rest === '' && !(isNew && source.how === 'failed') ? [] : [piece(rest)]
    }
    if (told.isCut) return []
    const stable = text.slice(0, headLength)
    const end = droppedBytes > 0 ? stable.length : stable.lastIndexOf('\n') + 1
    const added = stable.slice(told.length, end)
    told.length = Math.max(told.length, end)
    told.isCut = droppedBytes > 0
    const words = told.isCut
      ? `${added}\n[tallyman: more is printed than is kept; the last part follows at the end]\n`
      : added
    return words === '' ? [] : [piece(words)]
  }
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`
}
