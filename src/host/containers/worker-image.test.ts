import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { foldersOf, requireOwnImage } from './worker-image.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

/** What Podman says where another command of the same user is about to store an image. */
const half =
  'Error: locating item named "manifest" for image with ID "df67" (consider removing the image to resolve the issue): file does not exist'

/** An engine that finds half an image so many times, and its questions. */
function engineThat(name: string, halves: number) {
  const file = folder.at(name)
  const calls = folder.at(`${name}.calls`)
  writeFileSync(calls, '')
  writeFileSync(
    file,
    `#!/bin/sh\necho "$*" >>'${calls}'\n[ "$(wc -l <'${calls}')" -gt ${halves} ] && exit 0\necho '${half}' >&2\nexit 125\n`,
  )
  chmodSync(file, 0o755)
  const engine = { kind: 'podman', version: '4.3.1', isRootless: true, command: [file] } as const
  return { engine, asked: () => readFileSync(calls, 'utf8').trimEnd().split('\n') }
}

it('an image is asked for again where the engine has found half of one', async () => {
  const { engine, asked } = engineThat('soon', 2)
  expect(await requireOwnImage(engine, 'own:1')).toEqual({ name: 'own:1', node: 'node' })
  expect(asked()).toEqual(Array(3).fill('image inspect --format {{.Id}} own:1'))
})

it('an image that stays half there is told of in the words of the engine', async () => {
  const { engine, asked } = engineThat('never', 100)
  await expect(requireOwnImage(engine, 'own:1')).rejects.toMatchObject({
    code: 'engine-unfit',
    message: expect.stringContaining('images cannot be looked at: locating item named "manifest"'),
  })
  expect(asked()).toHaveLength(10)
})

it('foldersOf names every folder once, and before what is in it', () => {
  expect(foldersOf(['/bin/sh', '/usr/local/bin/node', '/usr/lib/x.so'])).toEqual([
    ...['bin', 'usr', 'usr/local', 'usr/local/bin', 'usr/lib'],
  ])
})
