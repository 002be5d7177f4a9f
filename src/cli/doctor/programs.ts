import type { TallymanError } from '../../errors.ts'
import { requireFormat, requirePictures } from '../../result/index.ts'
import { packageRoot } from '../../run/index.ts'
import { findSpark, requireJava } from '../../spark/index.ts'
import type { Terminal } from '../terminal.ts'
import { asRoot, asUser, broken, type Finding, fine, lackOf, sentenceOf, willHurt } from './finding.ts'

/** What shows and computes beside tallyman itself: terminal, fonts, DuckDB, Spark. */
export async function examinePrograms(terminal: Terminal): Promise<Finding[]> {
  return [
    examineTerminal(terminal),
    optional(
      'pictures and fonts',
      await lackOf(requirePictures),
      'a canvas and fonts for every script are there',
      'with `plot` (but --text), `report`, and charts on the page',
    ),
    optional(
      'DuckDB',
      await lackOf(() => requireFormat('parquet')),
      'it loads',
      'with `query`, the page’s box for SQL, and parquet',
    ),
    await spark(terminal.env),
  ]
}

function examineTerminal({ isLive, env, columns }: Terminal): Finding {
  const about = 'terminal'
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  if (!isLive) return fine(about, 'none is looked at: stderr goes elsewhere, and nothing moves')
  if (!/utf-?8/i.test(locale))
    return willHurt(
      about,
      `its language (${locale === '' ? 'LANG is not set' : `LANG=${locale}`}) is not of UTF-8`,
      'when words are not Latin: they may be shown as boxes or marks',
      {
        wayOut: 'Set it in this shell.',
        fixes: asUser('export LANG=C.UTF-8'),
      },
    )
  return columns < 60
    ? willHurt(about, `${columns} columns`, 'where tables are wide: their cells are cut off', {
        wayOut: 'Make its window wider.',
      })
    : fine(about, `${columns} columns, UTF-8`)
}

function optional(about: string, lack: TallymanError | null, what: string, hurts: string): Finding {
  if (lack === null) return fine(about, what)
  const mending = {
    wayOut: lack.wayOut,
    fixes: asUser(`cd '${packageRoot}' && npm install --include=optional`),
  }
  // What is installed and does not load is another matter than what was left out.
  return /is not installed/.test(lack.message)
    ? willHurt(about, sentenceOf(lack), hurts, mending)
    : broken(about, sentenceOf(lack), mending)
}

async function spark(env: Terminal['env']): Promise<Finding> {
  const about = 'Java and Spark'
  let found: Awaited<ReturnType<typeof findSpark>> | null = null
  const lack = await lackOf(async () => {
    found = await findSpark(null, { ...env })
    await requireJava(found, { ...env })
  })
  const home = found as Awaited<ReturnType<typeof findSpark>> | null
  if (lack === null && home !== null)
    return fine(about, `Spark ${home.version} in ${home.home}, and a Java that it runs on`)
  if (home === null && /is not installed/.test(lack?.message ?? ''))
    return fine(about, 'there is no Spark, which --on spark alone would need')
  const what = lack === null ? 'not found' : sentenceOf(lack)
  return broken(about, what, {
    wayOut: lack?.wayOut,
    fixes: home === null ? [] : asRoot('apt-get install -y openjdk-17-jre-headless'),
  })
}
