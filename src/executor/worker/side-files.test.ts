import fs from 'node:fs'
import promises from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { sideFilesHook } from '../side-files-hook.ts'
import { SideFiles, sideFileIdentity } from './side-files.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let sideFiles: SideFiles
/** As a job has them. */
let watched: typeof fs
let watchedPromises: typeof promises

beforeEach(() => {
  sideFiles = new SideFiles()
  sideFiles.watch()
  const hook = Reflect.get(globalThis, Symbol.for(sideFilesHook)) as <T>(module: T) => T
  watched = hook(fs)
  watchedPromises = hook(promises)
})

const write = (name: string, content = 'x'): string => {
  fs.writeFileSync(folder.at(name), content)
  return folder.at(name)
}
const paths = (): string[] => (sideFiles.list() ?? []).map(({ path }) => path)

describe('the files a job reads itself', () => {
  test('are noted with what they were when they were read first', () => {
    const path = write('a.txt', 'one')
    expect(sideFiles.list()).toBeUndefined()
    expect(watched.readFileSync(path, 'utf8')).toBe('one')
    const identity = sideFileIdentity(path)
    const { size, mtimeNs, ctimeNs, ino } = fs.statSync(path, { bigint: true })
    expect(identity).toBe(`${size} ${mtimeNs} ${ino} ${ctimeNs}`)
    write('a.txt', 'another')
    watched.readFileSync(path)
    expect(sideFiles.list()).toEqual([{ path, identity }])
    expect(sideFileIdentity(path)).not.toBe(identity)
  })

  test('are noted whichever way they are read, and however they are named', async () => {
    const all = Array.from({ length: 12 }, (_, number) => write(`${number}.txt`))
    const at = (number: number): string => all[number] ?? ''
    watched.readFileSync(at(0))
    await promisify<string, Buffer>(watched.readFile)(at(1))
    watched.closeSync(watched.openSync(at(2), 'r'))
    watched.closeSync(await promisify<string, string, number>(watched.open)(at(3), 'r'))
    for await (const _ of watched.createReadStream(at(4))) break
    await watched.promises.readFile(at(5), 'utf8')
    await (await watchedPromises.open(at(6))).close()
    await watchedPromises.readFile(pathToFileURL(at(7)))
    watched.readFileSync(Buffer.from(at(8)))
    watched.closeSync(watched.openSync(at(9), fs.constants.O_RDONLY))
    expect(watched.readFileSync(at(10), { flag: 'r' }).toString()).toBe('x')
    watched.readdirSync(folder.path)
    expect(paths()).toEqual([...all.slice(0, 11), folder.path])
  })

  test('that are not there are noted as such', () => {
    const path = folder.at('gone.txt')
    expect(() => watched.readFileSync(path)).toThrow('ENOENT')
    expect(sideFiles.list()).toEqual([{ path, identity: null }])
  })

  test('are not those that it writes, nor what the system makes up, nor what is open or no path', async () => {
    const own = folder.at('own.txt')
    watched.writeFileSync(own, 'mine')
    expect(watched.readFileSync(own, 'utf8')).toBe('mine')
    watched.appendFileSync(folder.at('log.txt'), 'line\n')
    await watchedPromises.writeFile(folder.at('other.txt'), '')
    for (const [number, flags] of [
      'w',
      'a',
      'w+',
      'ax',
      'r+',
      'rs+',
      fs.constants.O_RDWR,
      fs.constants.O_WRONLY,
    ].entries())
      watched.closeSync(watched.openSync(write(`written${number}.txt`), flags === 'ax' ? 'a' : flags))
    for (const name of ['own', 'log', 'other', 'written0', 'written4', 'written6'])
      watched.readFileSync(folder.at(`${name}.txt`))
    watched.readFileSync('/proc/self/status')
    watched.readFileSync('/dev/null')
    const fd = fs.openSync(own, 'r')
    watched.readFileSync(fd)
    fs.closeSync(fd)
    expect(() => watched.readFileSync(new URL('http://a/b'))).toThrow()
    expect(() => watched.readFileSync(Object.create(null) as string)).toThrow()
    watched.existsSync(own)
    expect(sideFiles.list()).toBeUndefined()
  })

  test('may be too many to tell', () => {
    for (let number = 0; number < 1000; number++) noteAbsent(number)
    expect(sideFiles.list()).toHaveLength(1000)
    noteAbsent(1000)
    expect(sideFiles.list()).toBeNull()
  })

  test('are read by functions that look as they did', () => {
    expect(watched.readFileSync.name).toBe('readFileSync')
    expect(watched.readFileSync.length).toBe(fs.readFileSync.length)
    expect(watched.statSync).toBe(fs.statSync)
    expect(watched.constants).toBe(fs.constants)
    expect(Object.keys(watched).sort()).toEqual(Object.keys(fs).sort())
  })
})

function noteAbsent(number: number): void {
  try {
    watched.readFileSync(folder.at(`absent/${number}`))
  } catch {
    // There is none.
  }
}
