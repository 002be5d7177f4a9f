/**
 * What has to survive a power cut is on the disk before anything is built upon it: strace tells in which order a run that goes
 * well asks the system for it.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const canTrace = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0
const calls = 'fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir'

describe.skipIf(!requires('strace, and the right to trace', canTrace))(
  'what has to survive a power cut',
  () => {
    let shop: Workshop
    let run: string
    /** The calls, in order, as strace(1) writes them: `fsync(17</path>) = 0`. */
    let asked: readonly string[]
    beforeAll(() => {
      shop = new Workshop()
      shop.write('in/a.txt', 'to be or not to be\n')
      shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
      const ended = shop.shell(
        `strace -f -qq -y --seccomp-bpf -s 4096 -e trace=${calls} -o trace tallyman run words.job.ts in -o out -q`,
      )
      expect(ended, ended.stderr).toMatchObject({ status: 0 })
      run = shop.runs()[0] ?? ''
      asked = readFileSync(join(shop.folder, 'trace'), 'utf8').split('\n')
    })
    afterAll(() => shop.remove())

    /** Where in the order a call was made first; it must have been. */
    function at(call: 'sync' | 'rename' | 'remove', path: string): number {
      const words = {
        sync: `(fsync|fdatasync)\\(\\d+<${path}>`,
        rename: `rename\\w*\\(.*"${path}"`,
        remove: `(unlink\\w*|rmdir)\\(.*"${path}`,
      }
      const pattern = new RegExp(words[call])
      const place = asked.findIndex((line) => pattern.test(line))
      expect(place, `No ${call} of ${path} among:\n${asked.join('\n')}`).toBeGreaterThan(-1)
      return place
    }

    it.each(['run.json', 'plan.json'])(
      '%s: its bytes are on the disk before it has its name, and then its name',
      (name) => {
        const file = join(run, name)
        const named = at('rename', file)
        expect(at('sync', `${file}.new`), 'Sync the new file before it is renamed.').toBeLessThan(named)
        const after = asked.slice(named).some((line) => /^\d+ +fsync/.test(line) && line.includes(`<${run}>`))
        expect(after, 'Sync the folder after the rename.').toBe(true)
      },
    )

    it('the result: its files are on the disk before it is in its place', () => {
      const target = join(shop.folder, 'out')
      const staging = join(shop.folder, `.out.${basename(run)}.new`)
      const placed = at('rename', target)
      for (const path of [join(staging, 'result.jsonl'), join(staging, 'manifest.json'), staging])
        expect(at('sync', path), `Sync ${path} before the rename.`).toBeLessThan(placed)
      expect(at('sync', shop.folder), 'Sync the folder that the result is in.').toBeGreaterThan(placed)
    })

    it('the journal: it says on the disk that the result is there before what it was made of goes', () => {
      const noted = at('sync', join(run, 'journal.jsonl'))
      expect(noted).toBeGreaterThan(at('rename', join(shop.folder, 'out')))
      expect(noted, 'Sync the journal before the files between the stages are removed.').toBeLessThan(
        at('remove', join(run, 'committed', '')),
      )
    })
  },
)
