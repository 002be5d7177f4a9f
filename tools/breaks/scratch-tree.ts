/** A copy of the project to break things in. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { carriersOf, endProcesses } from '../../src/host/index.ts'
import { type Outcome, type RunOptions, runProgram } from '../run-program.ts'
import { type Break, broken } from './break.ts'

/** In the environment of whatever is run in the copy. */
const markName = 'TALLYMAN_BREAKS'

/** The working tree as it is now, built, in a folder of its own; installed packages are those of the project. */
export class ScratchTree {
  readonly folder: string
  readonly #around: string

  private constructor(around: string) {
    this.#around = around
    this.folder = join(around, 'main')
  }

  static async make(): Promise<ScratchTree> {
    const listed = await runProgram('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
    if (listed.exitCode !== 0) throw new Error(`git does not list the files:\n${listed.output}`)
    const tree = new ScratchTree(mkdtempSync(join(tmpdir(), 'tallyman-breaks-')))
    const { folder } = tree
    for (const path of listed.output.split('\0').filter((name) => name !== '')) {
      const place = join(folder, path)
      mkdirSync(dirname(place), { recursive: true })
      cpSync(path, place)
    }
    cpSync('dist', join(folder, 'dist'), { recursive: true })
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
    // What tests read beside the project is beside the copy, too.
    if (existsSync('../shared')) symlinkSync(resolve('../shared'), join(folder, '../shared'))
    return tree
  }

  /** Does something while one thing is broken and built, and mends it again. */
  async with<T>(one: Break, act: () => Promise<T>): Promise<T> {
    const path = join(this.folder, one.file)
    const source = readFileSync(path, 'utf8')
    writeFileSync(path, broken(source, one))
    try {
      const { exitCode, output } = await this.build()
      if (exitCode !== 0) throw new Error(`Break "${one.name}" does not build:\n${output}`)
      return await act()
    } finally {
      writeFileSync(path, source)
    }
  }

  /** Joins the copy's modules as they are now; their types are not looked at. */
  build(): Promise<Outcome> {
    return this.run(process.execPath, ['tools/run.mjs', 'build', '--modules'])
  }

  /** Runs a program in the copy. Whatever it leaves behind is ended: that is what some breaks are about. */
  async run(
    program: string,
    args: readonly string[],
    options: Pick<RunOptions, 'timeoutMs' | 'output'> = {},
  ): Promise<Outcome> {
    const mark = `${process.pid}-${performance.now()}`
    try {
      return await runProgram(program, args, {
        cwd: this.folder,
        env: { [markName]: mark },
        isGroup: true,
        ...options,
      })
    } finally {
      const left = carriersOf(`${markName}=${mark}`)
      if (left.length > 0) await endProcesses(left, { token: `${markName}=${mark}` })
    }
  }

  remove(): void {
    // What a broken program has left at work may still write there.
    rmSync(this.#around, { recursive: true, force: true, maxRetries: 5 })
  }
}
