import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { runProgram } from '../../../test/fixtures/bundled.ts'
import { playRun } from '../../../test/fixtures/histories.ts'
import { plainFile, planOf, zipFile } from '../../../test/fixtures/plans.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { requires } from '../../../test/requires.ts'
import { TallymanError } from '../../errors.ts'
import { apply, initialState } from '../state/state.ts'
import type { RunEvent } from './events.ts'
import { encodeLine, JournalWriter, readBelievable, readJournal } from './journal.ts'

const hasPrlimit = requires('prlimit of util-linux', existsSync('/usr/bin/prlimit'))
const folder = tempFolder()
afterAll(() => folder.remove())

let files = 0
function newFile(): string {
  files += 1
  return folder.at(`journal-${files}.jsonl`)
}

function write(events: readonly RunEvent[]): string {
  const file = newFile()
  const writer = new JournalWriter(file, 'new')
  for (const event of events) writer.append(event)
  writer.close()
  return file
}

function read(file: string) {
  const journal = readJournal(file)
  if (journal === null) throw new Error('There is no journal.')
  return journal
}

function codeOf(call: () => unknown): unknown {
  try {
    call()
    return 'nothing was thrown'
  } catch (error) {
    return error instanceof TallymanError ? error.code : error
  }
}

const planned: RunEvent = { type: 'planned', at: 1, tasks: 2, partitions: 1, inputBytes: 30 }
const interrupted: RunEvent = { type: 'interrupted', at: 2 }
/** Messages hold what inputs and jobs hold: line feeds, all of Unicode, halves of it, the sign for damaged text. */
const failed: RunEvent = {
  type: 'failed',
  at: 3,
  fault: { code: 'job-threw', message: 'a\nb\r\u2028 é 😀 \ud800 \ufffd "\\' },
}
const events = [planned, interrupted, failed]

describe('JournalWriter', () => {
  test('says which journal could not be brought to the disk, and what to look at', () => {
    const file = newFile()
    const writer = new JournalWriter(file, 'new')
    writer.sync()
    writer.close()
    // What the system refuses here is a file that is closed.
    expect(() => writer.sync()).toThrow(
      expect.objectContaining({
        code: 'io',
        message: expect.stringContaining(`The journal ${file} could not be written: EBADF`),
        wayOut: 'See whether the disk is well, then resume.',
      }),
    )
  })

  test('writes what readJournal reads back, an event a line after the header', () => {
    const file = write(events)
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(5)
    expect(read(file)).toEqual({ events, wholeBytes: statSync(file).size })
  })

  test('has an event with the system before append returns', () => {
    const file = newFile()
    const writer = new JournalWriter(file, 'new')
    expect(read(file).events).toEqual([])
    for (const [index, event] of events.entries()) {
      writer.append(event)
      expect(read(file).events).toEqual(events.slice(0, index + 1))
    }
    writer.close()
  })

  test('goes on with a journal, and begins none where there is one', () => {
    const file = write([planned])
    const writer = new JournalWriter(file, 'continue')
    writer.append(interrupted)
    writer.close()
    expect(read(file).events).toEqual([planned, interrupted])
    expect(() => new JournalWriter(file, 'new')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  })

  test.skipIf(!hasPrlimit)(
    'takes back a line that the disk has no room for, so that the next one stands alone',
    () => {
      const file = newFile()
      const program = `
      import { JournalWriter } from './src/run/journal/journal.ts'
      const writer = new JournalWriter(${JSON.stringify(file)}, 'new')
      const fault = { code: 'io', message: 'x'.repeat(300) }
      let written = 0
      let code = null
      while (code === null) {
        try {
          writer.append({ type: 'failed', at: 0, fault })
          written += 1
        } catch (error) {
          code = error.code
        }
      }
      writer.append({ type: 'interrupted', at: 1 })
      console.log(JSON.stringify({ written, code }))`
      // Files may not grow beyond this many bytes: what a full disk does, without one.
      const said = runProgram(program, { before: ['prlimit', '--fsize=1500'] })
      expect(said).toEqual({ written: 3, code: 'disk-full' })
      expect(read(file).events.map(({ type }) => type)).toEqual(['failed', 'failed', 'failed', 'interrupted'])
    },
  )
})

describe('readJournal', () => {
  const whole = readFileSync(write(events))
  const ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at + 1] : []))

  test('passes over a last line that was cut off, wherever it was', () => {
    const file = newFile()
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length))
      const wholeLines = ends.filter((end) => end <= length)
      const expected =
        wholeLines.length === 0
          ? null
          : { events: events.slice(0, wholeLines.length - 1), wholeBytes: wholeLines.at(-1) }
      expect(readJournal(file), `cut to ${length} bytes`).toEqual(expected)
    }
  })

  test('finds a flipped bit anywhere', () => {
    const file = newFile()
    writeFileSync(file, whole)
    const fd = openSync(file, 'r+')
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const at = bit >> 3
      const byte = whole[at] ?? 0
      writeSync(fd, Buffer.of(byte ^ (1 << (bit & 7))), 0, 1, at)
      expect(
        codeOf(() => readJournal(file)),
        `bit ${bit & 7} of byte ${at}`,
      ).toBe('file-damaged')
      writeSync(fd, Buffer.of(byte), 0, 1, at)
    }
    closeSync(fd)
    expect(read(file).events).toEqual(events)
  })

  test('finds bytes that are gone, and lines that are joined or empty', () => {
    const file = write([planned])
    const text = whole.toString('utf8')
    for (const wrong of [
      text.slice(1),
      text.replace('\n', ''),
      `${text}\n`,
      `\n${text}`,
      text.replace('at', ''),
    ]) {
      writeFileSync(file, wrong)
      expect(() => readJournal(file)).toThrow(expect.objectContaining({ code: 'file-damaged' }))
    }
  })

  test('finds lines that are whole, and written twice, left out or exchanged', () => {
    const [header = '', one = '', two = '', three = ''] = whole.toString('utf8').split(/(?<=\n)/)
    const file = newFile()
    for (const lines of [
      [header, one, one, two, three],
      [header, two, three],
      [header, one, three],
      [header, two, one, three],
      [header, header, one],
      [header, one, two, three, one],
    ]) {
      writeFileSync(file, lines.join(''))
      expect(() => readJournal(file)).toThrow(expect.objectContaining({ code: 'file-damaged' }))
    }
  })

  test('names the file, the line, and a way out', () => {
    const file = write(events)
    writeFileSync(file, readFileSync(file, 'utf8').replace('"at":2', '"at":3'))
    expect(() => readJournal(file)).toThrow(
      expect.objectContaining({
        message: `${file}, line 3: the checksum is wrong.`,
        wayOut: expect.stringContaining('tallyman resume'),
      }),
    )
  })

  test.each<[string, string, RegExp]>([
    [
      'another version',
      encodeLine({ format: 'tallyman journal', version: 1 }, ''),
      /is of version 1; .* reads 2/,
    ],
    ['another format', encodeLine({ format: 'tallyman run', version: 2 }, ''), /does not begin as a journal/],
    ['no version', encodeLine({ format: 'tallyman journal' }, ''), /does not begin as a journal/],
    ['an event first', encodeLine(planned, ''), /does not begin as a journal/],
  ])('refuses a journal that has %s in its header', (_, header, message) => {
    const file = newFile()
    writeFileSync(file, header + encodeLine(planned, header))
    expect(() => readJournal(file)).toThrow(expect.objectContaining({ code: 'file-damaged' }))
    expect(() => readJournal(file)).toThrow(message)
  })

  test('returns null where nothing had happened: no file, or half a header', () => {
    expect(readJournal(folder.at('nothing.jsonl'))).toBeNull()
    const file = newFile()
    writeFileSync(file, '')
    expect(readJournal(file)).toBeNull()
    writeFileSync(file, whole.subarray(0, 20))
    expect(readJournal(file)).toBeNull()
  })

  test('reads on after a torn line was cut off and others were appended', () => {
    const file = write([planned])
    appendFileSync(file, encodeLine(interrupted, '').slice(0, -3))
    truncateSync(file, read(file).wholeBytes)
    const writer = new JournalWriter(file, 'continue')
    writer.append(failed)
    writer.close()
    expect(read(file).events).toEqual([planned, failed])
  })

  test('gives the state the run had, for every history', () => {
    const inputs = [plainFile('ä\ud800.txt', 45), zipFile('c.zip', ['x', 'y'])]
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 100 }), (choices) => {
        const plan = planOf(inputs, { partitions: 2 })
        const history = playRun(plan, choices)
        const { events } = read(write(history.events))
        expect(events.reduce((state, event) => apply(state, event), initialState(plan))).toEqual(
          history.state,
        )
      }),
      { numRuns: 40 },
    )
  })
})

describe('readBelievable', () => {
  const whole = readFileSync(write(events))
  const starts = [0, ...[...whole.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at + 1] : []))]

  test('believes the events before the first damaged line and none after it, wherever a byte is wrong', () => {
    const file = newFile()
    const first = starts[1] ?? 0
    for (let at = first; at < whole.length; at += 1) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      writeFileSync(file, bytes)
      const line = starts.findLastIndex((start) => start <= at)
      expect(readBelievable(file), `byte ${at}`).toEqual({
        events: events.slice(0, line - 1),
        wholeBytes: starts[line],
        damage: { line: line + 1, bytes: whole.length - (starts[line] ?? 0) },
      })
    }
  })

  test('finds no damage in a journal that is whole, or whose last line was cut off', () => {
    const file = newFile()
    for (const length of [whole.length, whole.length - 1, (starts[2] ?? 0) + 5]) {
      writeFileSync(file, whole.subarray(0, length))
      expect(readBelievable(file)).toEqual({ ...read(file), damage: null })
    }
  })

  test('believes nothing where the header is damaged', () => {
    const file = newFile()
    writeFileSync(file, `x${whole.subarray(1)}`)
    expect(() => readBelievable(file)).toThrow(expect.objectContaining({ code: 'file-damaged' }))
  })
})

describe('readJournal of what is no file', () => {
  test('gives on what the system says', () => {
    expect(() => readJournal(folder.path)).toThrow('EISDIR')
  })
})
