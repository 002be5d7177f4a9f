import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Editors write a file in several steps. */
const settleMs = 50

/** Waits until one of some files is another one than at a time. */
export class SourceWatch {
  /** Resolves once. */
  readonly changed: Promise<void>
  readonly #watchers: FSWatcher[] = []
  #timer: NodeJS.Timeout | undefined

  /**
   * @param files absolute paths; one that is not there yet may come. All that looks like a module beside them is taken for one, since a
   *   module may just be missing
   * @param sinceMs of the epoch: what was changed after it has changed
   */
  constructor(files: readonly string[], sinceMs: number) {
    this.changed = new Promise((resolve) => {
      const noteChange = (): void => {
        clearTimeout(this.#timer)
        this.#timer = setTimeout(resolve, settleMs)
      }
      const names = new Set(files.map((file) => basename(file)))
      for (const folder of new Set(files.map(dirname))) {
        const watcher = watch(folder, (_event, name) => {
          if (name === null || names.has(name) || /\.[cm]?[jt]sx?$/.test(name)) noteChange()
        })
        // Its folder was removed: there is nothing to wait for in it.
        watcher.on('error', () => undefined)
        this.#watchers.push(watcher)
      }
      if (files.some((file) => isChangedSince(file, sinceMs))) noteChange()
    })
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers) watcher.close()
  }
}

function isChangedSince(file: string, sinceMs: number): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > sinceMs
}
