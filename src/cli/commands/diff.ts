import { TallymanError } from '../../errors.ts'
import { diffResults, type ResultsDiff } from '../../result/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { diffJson } from '../diff-json.ts'
import { sayDiff } from '../diff-report.ts'
import { exitCodes } from '../exit-codes.ts'
import { percentStatus } from '../percent-status.ts'
import { findResult } from '../result-place.ts'
import type { Terminal } from '../terminal.ts'

const rowsDefault = 10

export const diff: Command = {
  name: 'diff',
  operands: 'A B',
  operandsMax: 2,
  summary: 'says what changed between two results: inputs, code, parameters, and each row of the tables',
  details: [
    'A and B are each the directory of a result, or its run: an id, the beginning of one, "last", or the path of a run.',
    'Of each table the largest changes come first: numbers by how much they changed, then all others in key order. Tables written as csv or tsv are compared as a whole only.',
    'Exit codes, as of diff(1): 0 the tables are the same, however they came about; 1 they differ; 2 trouble, such as a result that is damaged.',
  ],
  example: 'tallyman diff result-may result-june --rows 20',
  // 1 says that the results differ.
  troubleCode: exitCodes.usage,
  run: async (args, terminal) => {
    const found = compare(args, terminal)
    terminal.status(null)
    if (args.has('json')) terminal.out(diffJson(found))
    else sayDiff(terminal, found)
    return found.isSame ? exitCodes.complete : exitCodes.failed
  },
}

function compare(args: Arguments, terminal: Terminal): ResultsDiff {
  const [before, after] = args.positionals
  if (before === undefined || after === undefined) {
    throw new TallymanError('usage', '`tallyman diff` takes the two results to compare.', {
      wayOut: 'Say for example: tallyman diff result-before result-after',
    })
  }
  return diffResults(findResult(before, terminal).directory, findResult(after, terminal).directory, {
    rowsMax: args.count('rows') ?? rowsDefault,
    onProgress: percentStatus(terminal, 'comparing'),
  })
}
