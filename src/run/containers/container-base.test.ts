import { expect, onTestFinished, test } from 'vitest'
import { requireContainers } from './container-base.ts'

test('requireContainers asks for no engine where workers are no containers', async () => {
  expect(await requireContainers({ isolation: 'process', image: null })).toBeNull()
  expect(await requireContainers({ isolation: 'thread', image: null })).toBeNull()
})

test('requireContainers refuses an image that nobody uses', async () => {
  await expect(requireContainers({ isolation: 'thread', image: 'node:20' })).rejects.toMatchObject({
    code: 'usage',
    message: 'Option --image is for containers, and workers are of kind thread.',
    wayOut: 'Add --isolation container, or leave it out.',
  })
})

test('requireContainers says so where there is no engine', async () => {
  const { PATH } = process.env
  process.env.PATH = '/nowhere'
  onTestFinished(() => {
    process.env.PATH = PATH
  })
  await expect(requireContainers({ isolation: 'container', image: null })).rejects.toMatchObject({
    code: expect.stringMatching(/^engine-/),
  })
})
