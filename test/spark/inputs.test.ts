/** Inputs that have an address and no path: servers as Amazon and Google have them on the loopback address, and `file://`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { hasPython, hasSpark, sparkEnv } from '../fixtures/spark.ts'
import { requires } from '../requires.ts'

const program = fileURLToPath(new URL('../fixtures/object-store.py', import.meta.url))

let shop: Workshop
let store: ChildProcess | null = null
let stores: { readonly s3: string; readonly gs: string }
let env: Readonly<Record<string, string>>

const isHere =
  requires('pyspark with Java', hasSpark) &&
  requires('pyarrow for Python', hasPython('pyarrow.fs')) &&
  requires('moto for Python, with flask', hasPython('moto.server')) &&
  requires('gcp-storage-emulator for Python', hasPython('gcp_storage_emulator.server'))

beforeAll(async () => {
  shop = new Workshop()
  if (!isHere) return
  store = spawn('python3', [program], {
    env: { ...process.env, ...sparkEnv },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const [said] = await once(store.stdout!, 'data')
  stores = JSON.parse(String(said))
  const keys = { AWS_ACCESS_KEY_ID: 'anybody', AWS_SECRET_ACCESS_KEY: 'nothing', AWS_REGION: 'us-east-1' }
  env = { ...sparkEnv, ...keys, AWS_ENDPOINT_URL: stores.s3, CLOUD_STORAGE_EMULATOR_ENDPOINT: stores.gs }
})
afterAll(() => {
  store?.stdin?.end()
  shop.remove()
})

/** Puts an object of this name into the bucket of a store; null makes the bucket. */
async function put(store: 's3' | 'gs', name: string | null, content: Buffer | string = ''): Promise<void> {
  const [method, path] =
    store === 's3'
      ? ['PUT', `archive${name === null ? '' : `/${name}`}`]
      : ['POST', `upload/storage/v1/b/archive/o?uploadType=media&name=${encodeURIComponent(name ?? '')}`]
  const { ok } = await fetch(`${stores[store]}/${path}`, {
    method,
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(Buffer.from(content)),
  })
  expect(ok).toBe(true)
}

function tallyman(...args: readonly string[]): Ended {
  return shop.runIn({ env }, ...args)
}

describe.skipIf(!isHere)('inputs with an address', { timeout: 600_000 }, () => {
  it('are listed, split and read in ranges as files are, with the same answer', async () => {
    const lines = (name: string, count: number): string =>
      Array.from({ length: count }, (_, at) => `${name} ${at % 97}\n`).join('')
    shop.write('in/2020/a.txt', lines('a', 40_000))
    shop.write('in/2020/b.txt.gz', gzipSync(lines('b', 5000)))
    shop.write('in/2020/_left_out.txt', 'not read\n')
    shop.write('members/one.txt', lines('one', 3000))
    shop.write('members/two.txt', lines('two', 3000))
    const packed = shop.shell(
      `python3 -c "import zipfile; z = zipfile.ZipFile('in/2020/c.zip', 'w', 8); [z.write('members/' + n, n) for n in ('one.txt', 'two.txt')]"`,
    )
    expect(packed.status).toBe(0)
    shop.write('in/near.txt', lines('near', 2000))
    const bytesOf = (name: string): Buffer => readFileSync(join(shop.folder, 'in/2020', name))
    await put('s3', null)
    for (const name of ['a.txt', 'b.txt.gz', '_left_out.txt']) await put('s3', `2020/${name}`, bytesOf(name))
    await put('s3', '2021/other.txt', 'not read either\n')
    // A name that would be another if it were read as a part of an address.
    const odd = '2020/the third, 100%25 #c.zip'
    await put('gs', odd, bytesOf('c.zip'))
    await put('gs', '2021/other.txt', 'not read either\n')
    shop.job('lines.job.ts', 'emit(line)')

    const local = shop.run('run', 'lines.job.ts', 'in', '--impolite')
    const near = `file://${join(shop.folder, 'in/near.txt')}`
    // `anonymous` is pyarrow's word for who needs no key.
    const inputs = ['s3a://archive/2020/*', 'gs://anonymous@archive/2020/*.zip', near]
    const ended = tallyman(
      'run',
      'lines.job.ts',
      ...inputs,
      '--split',
      '100K',
      '-o',
      'far',
      '--on',
      'local[2]',
    )
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(ended)).toBe(shop.digestOf(local))
    const manifest = JSON.parse(readFileSync(join(shop.folder, 'far', 'manifest.json'), 'utf8'))
    expect(manifest.records).toBe(53_000)
    const paths = manifest.inputs.map(({ path }: { readonly path: string }) => path)
    expect(paths).toEqual([
      near,
      `gs://anonymous@archive/${odd}`,
      ...['a.txt', 'b.txt.gz'].map((name) => `s3a://archive/2020/${name}`),
    ])
    expect(shop.journal().filter(({ type }) => type === 'map-committed').length).toBeGreaterThan(4)
  })

  it('are refused with what to do: not on Spark, without pyarrow, and where there is none of the name', async () => {
    shop.job('lines.job.ts', 'emit(line)')
    const here = tallyman('run', 'lines.job.ts', 's3a://archive/2020/*')
    expect(here).toMatchObject({ status: 1, stderr: expect.stringContaining('--on MASTER') })
    const on = ['--on', 'local[2]']
    const absent = tallyman('run', 'lines.job.ts', 's3a://archive/1999/*', ...on)
    expect(absent.stderr).toContain('s3a://archive/1999/*')
    expect(absent.stderr).toContain('does not exist, or holds no file')
    shop.write('without/pyarrow/__init__.py', 'raise ImportError("there is none")\n')
    const without = shop.runIn(
      { env: { ...env, PYTHONPATH: join(shop.folder, 'without') } },
      ...['run', 'lines.job.ts', 's3a://archive/2020/*', ...on],
    )
    expect(without.status).toBe(1)
    expect(without.stderr).toContain('pyarrow is needed to read it')
    expect(without.stderr).toContain('pip install pyarrow')
    rmSync(join(shop.folder, 'without'), { recursive: true })
  })
})
