/** Which file imports which, as far as it is needed to know which tests a change may matter to. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const imports =
  /\b(?:import|export)\s+(?:type\s[^'"`;]*?from|[^'"`;()]*?from\s*['"](?<from>[^'"]+)['"])|\bimport\s*\(?\s*['"](?<alone>[^'"]+)['"]/g

/** What a file imports when it runs, but for packages: paths from the same folder on as its own. */
export function importsIn(path: string, text: string): string[] {
  return [...text.matchAll(imports)].flatMap(({ groups }) => {
    const specifier = groups?.from ?? groups?.alone ?? ''
    if (specifier === 'tallyman') return ['src/index.ts']
    return /^\.\.?\/.*\.ts$/.test(specifier) ? [join(dirname(path), specifier)] : []
  })
}

/** A file of the program: no test, and nothing that is there for tests only. */
export function isSource(path: string): boolean {
  return path.startsWith('src/') && !path.endsWith('.test.ts')
}

/** The imports of all files that can be reached in a folder. Paths begin there. */
export class ModuleGraph {
  readonly #imports = new Map<string, readonly string[]>()
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  #importsOf(path: string): readonly string[] {
    const known = this.#imports.get(path)
    if (known !== undefined) return known
    const exists = (one: string) => existsSync(join(this.#root, one))
    // Tests hold texts of files that are not there, with imports in them.
    const found = importsIn(path, readFileSync(join(this.#root, path), 'utf8')).filter(exists)
    this.#imports.set(path, found)
    return found
  }

  /** Everything that a file brings with it, itself included. */
  reachedFrom(path: string): Set<string> {
    const reached = new Set([path])
    for (const one of reached) for (const imported of this.#importsOf(one)) reached.add(imported)
    return reached
  }

  /** The sources that a test begins with: those that it imports, or that what is there for tests imports for it. */
  sourcesOf(test: string): string[] {
    const reached = new Set([test])
    for (const one of reached) {
      if (!isSource(one)) for (const imported of this.#importsOf(one)) reached.add(imported)
    }
    return [...reached].filter(isSource)
  }
}

/** Tests beside the changed file before others, as they are the most likely ones to notice: 0 is the closest. */
export function distance(test: string, changed: string): number {
  if (test === changed.replace(/\.ts$/, '.test.ts')) return 0
  const folders = (path: string) => dirname(path).split('/')
  const [from, to] = [folders(test), folders(changed)]
  const shared = from.findIndex((folder, index) => folder !== to[index])
  const same = shared < 0 ? from.length : shared
  return 1 + from.length - same + to.length - same
}
