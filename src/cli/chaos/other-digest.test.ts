import { expect, test } from 'vitest'
import { sayOtherDigest } from './other-digest.ts'

test('names two runs whose results can be compared, each made anew and as a shell takes it', () => {
  const args = ['--param=least=2 or 3', 'my job.ts', 'in']
  expect(sayOtherDigest(args, ['--workers', '3', '--no-reuse', '--split', '4K'])).toEqual([
    expect.stringContaining('a reducer whose merge is not associative'),
    "  tallyman run '--param=least=2 or 3' 'my job.ts' in --no-reuse -o chaos-undisturbed",
    "  tallyman run '--param=least=2 or 3' 'my job.ts' in --workers 3 --split 4K --no-reuse -o chaos-other",
    '  tallyman diff chaos-undisturbed chaos-other',
  ])
})
