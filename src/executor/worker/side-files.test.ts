import fs from 'node:fs'
import promises from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
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
  test('are noted with what they were when they were read', () => {
    const path = write('a.txt', 'one')
    expect(sideFiles.list()).toBeUndefined()
    expect(watched.readFileSync(path, 'utf8')).toBe('one')
    const identity = sideFileIdentity(path)
    const { size, mtimeNs, ctimeNs, ino } = fs.statSync(path, { bigint: true })
    expect(identity).toBe(`${size} ${mtimeNs} ${ino} ${ctimeNs}`)
    watched.readFileSync(path)
    expect(sideFiles.list()).toEqual([{ path, identity }])
    write('a.txt', 'another')
    expect(sideFileIdentity(path)).not.toBe(identity)
    expect(sideFiles.list()).toEqual([{ path, identity }])
  })

  test('are noted again where they are others when they are read again', async () => {
    const path = write('a.txt', 'one')
    watched.readFileSync(path)
    const first = sideFileIdentity(path)
    // That its rights were changed makes no other file of it.
    fs.chmodSync(path, 0o600)
    watched.readFileSync(path)
    expect(sideFiles.list()).toEqual([{ path, identity: first }])
    write('a.txt', 'another')
    const second = sideFileIdentity(path)
    await watchedPromises.readFile(path)
    const both = [
      { path, identity: first },
      { path, identity: second },
    ]
    expect(sideFiles.list()).toEqual(both)
    // Two are as bad as three.
    write('a.txt', 'yet another')
    watched.readFileSync(path)
    fs.rmSync(path)
    expect(() => watched.readFileSync(path)).toThrow('ENOENT')
    expect(sideFiles.list()).toEqual(both)
  })

  test('are not looked at again once the job itself has changed them, by whichever way', () => {
    const ways: ((path: string) => void)[] = [
      (path) => watched.writeFileSync(path, 'mine'),
      (path) => watched.copyFileSync(write('from.txt'), path),
      (path) => {
        watched.writeFileSync(`${path}.new`, 'mine')
        watched.renameSync(`${path}.new`, path)
      },
      (path) => {
        watched.rmSync(path)
        fs.writeFileSync(path, 'of it')
      },
      (path) => {
        watched.unlinkSync(path)
        fs.writeFileSync(path, 'of it')
      },
    ]
    for (const [number, change] of ways.entries()) {
      const path = write(`changed${number}.txt`, 'as it was')
      watched.readFileSync(path)
      change(path)
      watched.readFileSync(path)
      expect(paths().filter((one) => one === path)).toHaveLength(1)
    }
    // A folder has another time once there is one more file in it.
    fs.mkdirSync(folder.at('cache'))
    for (const name of ['a', 'b']) {
      watched.readdirSync(folder.at('cache'))
      watched.writeFileSync(folder.at(`cache/${name}`), '')
    }
    watched.readdirSync(folder.at('cache'))
    expect(paths().filter((one) => one === folder.at('cache'))).toHaveLength(1)
  })

  test('are what is copied or moved; what becomes of it is of the job', async () => {
    const froms = Array.from({ length: 8 }, (_, number) => write(`from${number}.txt`))
    const to = (number: number): string => folder.at(`to${number}.txt`)
    const from = (number: number): string => froms[number] ?? ''
    watched.copyFileSync(from(0), to(0))
    await promisify(watched.copyFile)(from(1), to(1))
    await watchedPromises.copyFile(from(2), to(2))
    watched.cpSync(from(3), to(3))
    await promisify<string, string>(watched.cp)(from(4), to(4))
    await watchedPromises.cp(from(5), to(5))
    watched.renameSync(from(6), to(6))
    await watchedPromises.rename(from(7), to(7))
    for (const number of froms.keys()) watched.readFileSync(to(number))
    expect(paths()).toEqual(froms)
  })

  test('are links whose names are asked for, and other ones where they lead elsewhere', async () => {
    const link = folder.at('link')
    const relink = (target: string): void => {
      fs.rmSync(link, { force: true })
      fs.symlinkSync(target, link)
    }
    const [one, other] = [write('one.txt'), write('other.txt')]
    relink(one)
    expect(watched.readlinkSync(link)).toBe(one)
    const { size, mtimeNs, ino, ctimeNs } = fs.statSync(one, { bigint: true })
    const own = fs.lstatSync(link, { bigint: true })
    const identity = `${size} ${mtimeNs} ${ino} ${own.mtimeNs} ${own.ino} ${ctimeNs}`
    expect(sideFiles.list()).toEqual([{ path: link, identity }])
    relink(other)
    expect(await watchedPromises.readlink(link)).toBe(other)
    expect(paths()).toEqual([link, link])
    // It is there though it leads nowhere.
    relink(folder.at('nowhere'))
    const dangling = sideFileIdentity(link)
    expect(dangling).not.toBeNull()
    relink(folder.at('nowhere-either'))
    expect(sideFileIdentity(link)).not.toBe(dangling)
  })

  test('are noted whichever way they are read, and however they are named', async () => {
    const all = Array.from({ length: 14 }, (_, number) => write(`${number}.txt`))
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
    expect(await (await watched.openAsBlob(at(11))).text()).toBe('x')
    watched.readdirSync(folder.path)
    fs.mkdirSync(folder.at('sub'))
    watched.opendirSync(folder.at('sub')).closeSync()
    expect(paths()).toEqual([...all.slice(0, 12), folder.path, folder.at('sub')])
  })

  test('are noted with any encoding, also one that begins as flags do by which a file is written', async () => {
    const encodings = ['ascii', 'utf8', 'latin1', 'base64', 'hex', 'ucs2', 'binary'] as const
    const all = encodings.map((encoding) => write(`${encoding}.txt`))
    for (const encoding of encodings) watched.readFileSync(folder.at(`${encoding}.txt`), encoding)
    expect(paths()).toEqual(all)
    const more = ['stream', 'callback', 'promise', 'folder'].map((name) => write(`ascii-${name}.txt`))
    const [stream = '', callback = '', promise = '', folderFile = ''] = more
    for await (const _ of watched.createReadStream(stream, 'ascii')) break
    await promisify<string, BufferEncoding, string>(watched.readFile)(callback, 'ascii')
    await watchedPromises.readFile(promise, 'ascii')
    watched.readFileSync(folderFile, { encoding: 'ascii' })
    expect(paths()).toEqual([...all, ...more])
  })

  test('are not those whose options say that they are written', async () => {
    for (const flag of ['w+', 'a+', 'r+']) watched.readFileSync(write(`${flag}.txt`), { flag })
    for await (const _ of watched.createReadStream(write('stream-r+.txt'), { flags: 'r+' })) break
    await watchedPromises.readFile(write('promise-r+.txt'), { flag: 'r+' })
    for (const name of ['w+', 'a+', 'r+', 'stream-r+', 'promise-r+'])
      watched.readFileSync(folder.at(`${name}.txt`), 'utf8')
    expect(sideFiles.list()).toBeUndefined()
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

  test('may lie in shared memory, where they are files like others', () => {
    const shared = fs.mkdtempSync('/dev/shm/tallyman-')
    onTestFinished(() => fs.rmSync(shared, { recursive: true }))
    fs.writeFileSync(`${shared}/table.txt`, 'a')
    watched.readFileSync(`${shared}/table.txt`)
    expect(sideFiles.list()).toMatchObject([{ path: `${shared}/table.txt` }])
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
