import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { requires } from '../../test/requires.ts'
import { userName } from './user-name.ts'

it('userName is the name of who runs this', () => {
  expect(userName()).toBe(spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim())
})

const isRoot = process.getuid?.() === 0

it.skipIf(!requires('root, to be nobody in particular', isRoot))(
  'userName is the number of who has no name',
  () => {
    const module = fileURLToPath(new URL('./user-name.ts', import.meta.url))
    const asked = `import { userName } from ${JSON.stringify(module)}; console.log(userName())`
    const esbuild = fileURLToPath(new URL('../../node_modules/.bin/esbuild', import.meta.url))
    const code = spawnSync(esbuild, ['--bundle', '--platform=node', '--format=esm'], {
      input: asked,
      encoding: 'utf8',
    })
    const told = spawnSync(process.execPath, ['--input-type=module', '--eval', code.stdout], {
      uid: 54_321,
      gid: 54_321,
      encoding: 'utf8',
    })
    expect(told.stdout, told.stderr).toBe('54321\n')
  },
)
