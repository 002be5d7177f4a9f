/** What a trial may take over from the one before. */
import { z } from 'zod'

const recordSchema = z.looseObject({
  files: z.record(
    z.string(),
    z.looseObject({
      mutants: z.array(z.looseObject({ status: z.string(), killedBy: z.array(z.string()).optional() })),
    }),
  ),
  testFiles: z.record(z.string(), z.looseObject({ tests: z.array(z.looseObject({ id: z.string() })) })),
})

/**
 * Stryker's record of a trial without what has to be tried again. Stryker knows tests of Vitest by their names only, and would keep
 * what it found out about one that says something else since. So only mutants that were noticed stay, by a test in a file that is
 * as it was. (One under which the tests did not end names no test, and is tried again.)
 *
 * @param isChanged whether a file of tests was changed since that trial
 */
export function reusable(record: unknown, isChanged: (path: string) => boolean): unknown {
  const { files, testFiles, ...rest } = recordSchema.parse(record)
  const unchanged = new Set(
    Object.entries(testFiles)
      .filter(([path]) => !isChanged(path))
      .flatMap(([, { tests }]) => tests.map(({ id }) => id)),
  )
  const kept = Object.entries(files).map(([path, file]) => {
    const mutants = file.mutants.filter(
      ({ status, killedBy = [] }) => status === 'Killed' && killedBy.some((id) => unchanged.has(id)),
    )
    return [path, { ...file, mutants }]
  })
  return { ...rest, files: Object.fromEntries(kept), testFiles }
}
