import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchFolder } from '../../host/index.ts'
import { bundleModule, linkPackage } from '../../run/index.ts'

/** A web app's module with its own files and packages, in a folder of its own. */
export class AppBundle {
  /** Absolute path of the user's module. */
  readonly entry: string
  readonly folder: string
  #sources: readonly string[]
  #sha256: string | null = null

  /** @param folder of its own; what is in it is removed. Default: a new one for the time being */
  constructor(entry: string, folder: string | null = null) {
    this.entry = entry
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
    this.folder = folder ?? scratchFolder('app')
    this.#sources = [entry]
    linkPackage(this.folder)
  }

  get file(): string {
    return join(this.folder, 'app.mjs')
  }

  /** The user's files it was made of, absolute: the module alone before it was made. Packages are none of them. */
  get sources(): readonly string[] {
    return this.#sources
  }

  /**
   * Makes it, or makes it again.
   *
   * @returns whether it is another one now
   * @throws {TallymanError} `job-invalid` for what does not compile, with file, line and column
   */
  async make(): Promise<boolean> {
    const { file, sha256 } = await bundleModule(this.entry, this.file)
    const map: { readonly sources: readonly string[] } = JSON.parse(readFileSync(`${file}.map`, 'utf8'))
    // What is no file is what the bundler has made itself.
    const sources = map.sources.flatMap((source) => (source.startsWith('file:') ? fileURLToPath(source) : []))
    this.#sources = sources.filter((source) => !source.includes('/node_modules/'))
    const isOther = sha256 !== this.#sha256
    this.#sha256 = sha256
    return isOther
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
