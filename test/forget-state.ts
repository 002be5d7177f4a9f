/** After all tests: what pages that were served have left of the folder of their notes, where nothing is in it. */
import { rmdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { errnoOf } from '../src/errors.ts'
import { notesFolder } from '../src/web/page-note.ts'

export function teardown(): void {
  const pages = join(homedir(), notesFolder)
  for (const folder of [pages, dirname(pages)]) {
    try {
      rmdirSync(folder)
    } catch (error) {
      // It was never made, or a page of this user's is served just now.
      if (!['ENOENT', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error
    }
  }
}
