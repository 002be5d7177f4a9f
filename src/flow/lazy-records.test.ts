import assert from 'node:assert'
import { format, inspect, isDeepStrictEqual } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { runTasks, TaskInputs } from '../../test/fixtures/task-runs.ts'
import { jsonl } from '../input/index.ts'
import { type AnyJob, collect, count, defineJob, groupReduce, sum, topK } from '../job/index.ts'
import { canonicalJson } from '../record/index.ts'

/** Records that differ in form, as those of real archives do: what one has another lacks, or has as something else. */
interface Note {
  id: bigint | number
  text: string
  lang?: string
  user: { name: string; place: { country: string | null } | null; langs?: string[] } | null
  tags: { name: string; at: [number, number] }[]
  size: number
  isSent?: boolean
  extra?: unknown
}

const text = fc.oneof(
  fc.string({ unit: anyPoint, maxLength: 40 }),
  fc.constantFrom('#virus und #flu', '코로나', '"quoted" \\ / \b', '😀', '', 'x'.repeat(300)),
)

const note = fc.record(
  {
    id: fc.oneof(fc.nat(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })),
    text,
    lang: fc.constantFrom('en', 'de', 'ko', '日本', '', null),
    user: fc.option(
      fc.record(
        {
          name: text,
          place: fc.option(fc.record({ country: fc.constantFrom('CH', 'KR', '', null) })),
          langs: fc.array(fc.constantFrom('en', 'de'), { maxLength: 3 }),
        },
        { requiredKeys: ['name', 'place'] },
      ),
    ),
    tags: fc.array(fc.record({ name: text, at: fc.tuple(fc.nat(140), fc.nat(140)) }), { maxLength: 3 }),
    size: fc.oneof(fc.integer(), fc.constantFrom(0.1, -0.5, 1e21, 5e-324)),
    isSent: fc.boolean(),
    extra: fc.oneof(fc.jsonValue(), fc.constant({ deep: { deeper: { deepest: [1, null, {}] } } })),
  },
  { requiredKeys: ['id', 'text', 'user', 'tags', 'size'] },
)

/** JSON with integers of any length, and the spellings writers use: spaces, `\u` for what is not ASCII, `\/`. */
function spell(value: unknown, style: number): string {
  const json = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? `big${part}big` : part,
  ).replace(/"big(-?\d+)big"/g, '$1')
  if (style === 1) return ` ${json} `
  if (style !== 2) return json
  return json
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', '\\/')
}

type Map = (note: Note, emit: (key: never, value?: unknown) => void) => void | Promise<void>

interface Style {
  readonly reduce: unknown
  readonly make: () => Map
}

/** A map that needs nothing but the record at hand. */
const style = (
  reduce: unknown,
  map: (note: Note, emit: (key: unknown, value?: unknown) => void) => void | Promise<void>,
): Style => ({
  reduce,
  make: () => map as Map,
})

/** How people write maps. */
const styles: Readonly<Record<string, Style>> = {
  'reads a property': style(count(), (note, emit) => emit(note.lang ?? null)),
  'reads below what may be null': style(count(), (note, emit) =>
    emit([note.user?.place?.country ?? null, note.lang ?? null]),
  ),
  'destructures, with defaults': style(sum(), ({ lang = 'none', user, size }, emit) => {
    const { name = 'nobody', place } = user ?? {}
    emit([lang, name, place?.country ?? null], size)
  }),
  'destructures with rest': style(collect(), ({ text, ...others }, emit) => emit(text.length, others)),
  'spreads the record': style(collect(), (note, emit) => emit('all', { ...note, text: note.text.length })),
  'emits the record': style(collect(), (note, emit) => emit(note.lang ?? null, note)),
  'emits objects and arrays of the record': style(collect(), (note, emit) =>
    emit('user', [note.user, note.tags, note.extra]),
  ),
  'lists keys': style(count(), (note, emit) => {
    for (const key of Object.keys(note)) emit(key)
  }),
  'walks with for in': style(count(), (note, emit) => {
    for (const key in note) emit([key, typeof note[key as keyof Note]])
    for (const key in note.user) emit(['user', key])
  }),
  'asks with in and hasOwn': style(count(), (note, emit) => {
    emit(['isSent' in note, Object.hasOwn(note, 'extra'), note.user !== null && 'langs' in note.user])
  }),
  'stringifies with a replacer': style(count(), (note, emit) =>
    emit(JSON.stringify(note, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part))),
  ),
  clones: style(collect(), (note, emit) => {
    const copy = structuredClone({ note, list: [note.user, note] })
    emit(copy.note === copy.list[1], copy)
  }),
  'loops over arrays': style(sum(), (note, emit) => {
    for (const {
      name,
      at: [from, to],
    } of note.tags)
      emit(name, to - from)
  }),
  'computes names': style(count(), (note, emit) => {
    for (const name of ['lang', 'isSent', 'absent', 'toString', 'constructor']) {
      emit([name, typeof (note as unknown as Record<string, unknown>)[name]])
    }
  }),
  'changes the record': style(collect(), (note, emit) => {
    note.text = note.text.toUpperCase()
    Reflect.deleteProperty(note, 'lang')
    if (note.user !== null) note.user.name = 'anonymous'
    note.tags.push({ name: 'new', at: [0, 0] })
    Object.assign(note, { added: note.user?.name ?? null })
    emit('changed', note)
  }),
  'keeps the record before': {
    reduce: collect(),
    make: () => {
      let before: Note | null = null
      return (note, emit) => {
        if (before !== null)
          emit('pair' as never, [before.text, before.user?.name ?? null, before, note.lang ?? null])
        before = note
      }
    },
  },
  'keeps all objects to the end of many records': {
    reduce: collect(),
    make: () => {
      const kept: unknown[] = []
      return (note, emit) => {
        kept.push(note.user, note)
        if (kept.length === 40) emit('kept' as never, kept.splice(0))
      }
    },
  },
  'waits before it reads': style(collect(), async (note, emit) => {
    const { lang } = note
    await Promise.resolve()
    emit(lang ?? null, [note.text, await Promise.resolve(note.user)])
  }),
  'uses the record as a key of a map and a set': {
    reduce: count(),
    make: () => {
      const seen = new WeakMap<object, string>()
      const users = new Set<unknown>()
      return (note, emit) => {
        seen.set(note, note.text)
        const { user } = note
        users.add(user)
        emit([seen.get(note) === note.text, users.has(note.user), user === note.user] as never)
      }
    },
  },
  'compares and walks generically': style(count(), (note, emit) => {
    const depth = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
    emit([depth(note), isDeepStrictEqual(note, { ...note }), Object.entries(note).length])
  }),
  'throws at some records, after it has read of them': style(count(), (note, emit) => {
    emit(note.lang ?? null)
    if (note.user === null) throw new Error('nobody')
    emit(note.user.name)
  }),
  'reads something new now and then': style(count(), (note, emit) => {
    if (note.lang === 'ko') emit(['extra', note.extra === undefined])
    if (note.size < 0) emit(['sent', note.isSent ?? null])
    emit(['id', typeof note.id])
  }),
  'groups and sorts': style(
    groupReduce((_key: never, values: Iterable<unknown>) =>
      [...values].map((value) => canonicalJson(value)).sort(),
    ),
    (note, emit) => emit(note.lang ?? null, [note.id, note.size]),
  ),
  'takes the top': style(topK(3, { by: ({ size }: { size: number }) => size }), (note, emit) =>
    emit(note.lang ?? null, { size: note.size, by: note.user }),
  ),
  'sends it as messages and bytes': style(collect(), (note, emit) => {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage([note.user, note])
    const [user, sent] = (receiveMessageOnPort(port2) as { message: [unknown, unknown] }).message
    port1.close()
    emit(note.lang ?? null, [user, sent, deserialize(serialize({ note })), deserialize(serialize(note.tags))])
  }),
  'shows it': style(count(), (note, emit) => {
    emit([inspect(note.user), inspect(note, { depth: 9 }), format('%O %j', note.user, note.tags), `${note}`])
  }),
  'asks what it is': style(count(), (note, emit) => {
    const kinds = [note, note.user, note.tags, note.user?.place ?? null, note.extra ?? null].map((part) => [
      typeof part,
      Array.isArray(part),
      part instanceof Object,
      Object.prototype.toString.call(part),
      part === null ? 'null' : String(Object.getPrototypeOf(part) === Object.prototype),
      part?.constructor?.name ?? 'none',
    ])
    emit(kinds.flat().map(String))
  }),
  'asserts and compares with a copy': style(count(), (note, emit) => {
    const copy = JSON.parse(JSON.stringify({ user: note.user, tags: note.tags }))
    assert.deepStrictEqual({ user: note.user, tags: note.tags }, copy)
    assert.deepEqual(note, { ...note })
    assert.throws(() => assert.deepStrictEqual(note.user, { ...copy.user, added: 1 }))
    emit(note.text)
  }),
  'follows paths as libraries do': style(collect(), (note, emit) => {
    const get = (path: string): unknown =>
      path
        .split('.')
        .reduce<unknown>((value, name) => (value == null ? undefined : Object(value)[name]), note)
    const pick = (names: string[]): unknown =>
      Object.fromEntries(names.filter((name) => Object.hasOwn(note, name)).map((name) => [name, get(name)]))
    emit(
      'paths',
      ['user.place.country', 'tags.0.name', 'tags.length', 'extra.deep.deeper', 'text.length'].map(get),
    )
    emit('picked', pick(['lang', 'isSent', 'user']))
  }),
  'uses the methods of its arrays': style(collect(), (note, emit) => {
    const names = note.tags.map(({ name }) => name)
    const numbers = note.tags.flatMap(({ at }) => at).sort((a, b) => a - b)
    emit('arrays', [
      names,
      numbers,
      [...(note.user?.langs ?? [])].reverse(),
      note.tags.slice(1).concat(note.tags),
    ])
    emit('found', note.tags.find(({ at: [from] }) => from > 70) ?? null)
  }),
  'wraps it in objects of its own': style(collect(), (note, emit) => {
    class Wrapped {
      readonly #note = note
      get place(): string | null {
        return this.#note.user?.place?.country ?? null
      }
    }
    const derived = Object.create(note, { own: { value: 1, enumerable: true } })
    derived.lang = 'own'
    emit(new Wrapped().place, [derived.text, derived.lang, note.lang ?? null, Object.keys(derived)])
    const { get } = Reflect
    emit('reflected', [get(note, 'size'), Reflect.has(note, 'isSent'), Reflect.ownKeys(note).length])
  }),
  'freezes and defines': style(collect(), (note, emit) => {
    Object.defineProperty(note, 'hidden', { value: 1, enumerable: false })
    if (note.user !== null) Object.freeze(note.user)
    const isChanged = note.user !== null && Reflect.set(note.user, 'name', 'other')
    emit(isChanged, [Object.isFrozen(note.user ?? {}), Object.getOwnPropertyNames(note).includes('hidden')])
    emit('sealed', Object.isSealed(Object.seal(note)))
    emit('note', note.user)
  }),
  'writes to what it reads': style(collect(), (note, emit) => {
    note.text += '!'
    note.isSent ??= false
    if (note.user !== null) note.user.name = note.text
    emit(note.text, [note.isSent, note.user, note.lang ?? null])
  }),
  'reads in functions that run later': {
    reduce: collect(),
    make: () => {
      const kept: (() => unknown)[] = []
      return (note, emit) => {
        const { user } = note
        kept.push(() => [
          note.text,
          note.user === user,
          note.user?.place ?? null,
          note.lang ?? null,
          note.tags,
        ])
        if (kept.length === 7)
          emit(
            'kept' as never,
            kept.splice(0).map((read) => read()),
          )
      }
    },
  },
  'takes apart in its first line': style(collect(), (note, emit) => {
    const { user, tags, size: bytes } = note
    emit(user?.name ?? null, [tags.length, bytes, note.extra ?? null])
  }),
  'reads nothing': style(count(), (_note, emit) => emit('all')),
}

let inputs: TaskInputs
beforeEach(() => {
  inputs = new TaskInputs()
})
afterEach(() => inputs.remove())

async function rowsOf({ reduce, make }: Style, lazy: boolean, seed: number): Promise<string> {
  const job = defineJob({ input: jsonl({ lazy }), reduce, map: make() } as never) as unknown as AnyJob
  // Chunks of a split are large; small splits make lines cross the ends of what is read.
  const rows = await runTasks(job, await inputs.sources(job, 30_000 + (seed % 1000)))
  return rows.map((row) => canonicalJson(row)).join('\n')
}

describe('a job gives the same on lazy records as on plain ones when its map', () => {
  const seed = Math.floor(Math.random() * 2 ** 31)

  test.each(Object.entries(styles))('%s', async (_, way) => {
    const notes = fc.sample(note, { numRuns: 500, seed })
    const lines = notes.map((value, number) => spell(value, number % 4))
    lines.splice(
      100,
      0,
      '',
      '{"text":"broken',
      '{"text":"twice","text":"t","user":null,"tags":[],"size":1,"id":1}',
    )
    inputs.write('notes.jsonl', lines.join('\r\n'))
    const plain = await rowsOf(way, false, seed)
    expect(plain).not.toBe('')
    expect(await rowsOf(way, true, seed), `seed ${seed}`).toBe(plain)
  })
})
