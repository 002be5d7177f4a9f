import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { fileTree } from '../test/fixtures/file-tree.ts'
import { kernelUrl, WasmKernel } from './wasm.ts'

/** A module with nothing in it: the magic number and the version (WebAssembly core specification, 5.5.16). */
const emptyModule = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])

test('a kernel whose file is not there is looked for once', () => {
  const file = join(fileTree(), 'kernel.wasm')
  const kernel = new WasmKernel(pathToFileURL(file))
  expect(kernel.instance()).toBeNull()
  writeFileSync(file, emptyModule)
  expect(kernel.instance()).toBeNull()
  expect(new WasmKernel(pathToFileURL(file)).instance()).toEqual({})
})

test('a kernel is where the build puts it, be it asked from a source or from what was built', () => {
  expect(kernelUrl('file:///a/src/flow/x.ts', 'k.wasm').pathname).toBe('/a/dist/flow/k.wasm')
  expect(kernelUrl('file:///a/dist/chunks/x.js', '../flow/k.wasm').pathname).toBe('/a/dist/flow/k.wasm')
})
