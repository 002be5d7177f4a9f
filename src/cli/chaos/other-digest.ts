import { shellWord } from '../../input/index.ts'

/**
 * What to do about a round that came to another digest: what it most often is, and the commands that show the rows.
 *
 * @param args job, inputs and options as typed
 * @param options of the round
 */
export function sayOtherDigest(args: readonly string[], options: readonly string[]): string[] {
  const run = (more: readonly string[], folder: string): string => {
    const words = [...args, ...more].filter((word) => word !== '--no-reuse').map(shellWord)
    return `  tallyman run ${[...words, '--no-reuse', '-o', folder].join(' ')}`
  }
  return [
    'Most often it is a reducer whose merge is not associative (`testJob` says which), or a job that reads the clock, a file or Math.random(). The rows that differ:',
    run([], 'chaos-undisturbed'),
    run(options, 'chaos-other'),
    '  tallyman diff chaos-undisturbed chaos-other',
  ]
}
