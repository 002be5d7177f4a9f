/** Holds what the documents name to what is there: links between pages, and paths of files. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listFiles } from '../tools/list-files.ts'

const root = join(import.meta.dirname, '..')
const top = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'README.md']
const pages = [...top, ...['bench', 'docs', 'examples'].flatMap((folder) => listFiles(root, folder))].filter(
  (path) => path.endsWith('.md'),
)

/** Pages of files that runs write: a path without `src/` is one of those there. */
const ofRuns = /^docs\/formats\//
const folders = /^(src|test|docs|bench|tools|examples)\//
const rooms = /^(record|job|input|flow|host|executor|run|result|cli)\//

/** What a page links to in this project, as paths from the page. */
function linksOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*/, ''))
    .filter((target) => target !== '' && !target.includes(':'))
}

/** Files and folders that a page names in code spans. Words in capitals stand for a name that is still to be chosen. */
function pathsOf(page: string, text: string): string[] {
  return [...withoutBlocks(text).matchAll(/`([\w./-]+\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => folders.test(path) || (!ofRuns.test(page) && rooms.test(path)))
    .filter((path) => !/[A-Z]{3,}/.test(path))
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '')
}

/** What the library's face exports of a folder of a room, types left out. */
function exportedFrom(room: string, folder: string): string[] {
  const lines = readFileSync(join(root, 'src', room, 'index.ts'), 'utf8').split('\n')
  const names = lines.flatMap((line) => {
    const [, list = '', from = ''] = /^export \{(.*)\} from '\.\/(.*)'$/.exec(line) ?? []
    return from.startsWith(folder) ? list.split(',').map((name) => name.trim()) : []
  })
  const face = readFileSync(join(root, 'src/index.ts'), 'utf8')
  return names.filter((name) => !name.startsWith('type ') && new RegExp(`\\b${name}\\b`).test(face))
}

describe('documents', () => {
  it('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['ARCHITECTURE.md', 'docs/reliability.md']))
  })

  it.each([
    ...exportedFrom('job', 'reducers/').flatMap((name) => [
      ['README.md', name],
      ['docs/guide/jobs.md', name],
    ]),
    ...exportedFrom('input', 'decode/').map((name) => ['docs/guide/jobs.md', name]),
  ])('%s names what a job may use: %s', (page, name) => {
    expect(readFileSync(join(root, page as string), 'utf8')).toMatch(new RegExp(`\`(${name}\`|${name}[(<])`))
  })

  it.each(pages)('%s links to pages that are there', (page) => {
    const text = readFileSync(join(root, page), 'utf8')
    expect(linksOf(text).filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([])
  })

  it.each(pages)('%s names files that are there', (page) => {
    const paths = pathsOf(page, readFileSync(join(root, page), 'utf8'))
    const isThere = (path: string): boolean =>
      ['', 'src', dirname(page)].some((at) => existsSync(join(root, at, path)))
    expect(paths.filter((path) => !isThere(path))).toEqual([])
  })
})
