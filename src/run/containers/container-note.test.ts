import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Engine } from '../../host/index.ts'
import { RunDirectory } from '../directory/directory.ts'
import { forgetContainers, noteContainers } from './container-note.ts'

const engine: Engine = { kind: 'podman', version: '4.3.1', isRootless: true, command: ['podman'] }

test('a process that goes on with a run notes its containers beside those that an earlier one may have left, and strikes its own alone', () => {
  const path = mkdtempSync(join(tmpdir(), 'tallyman-note-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  const directory = new RunDirectory(path)
  const labels = (): string[] =>
    readFileSync(directory.containersFile, 'utf8').match(/(?<="label":")\w+/g) ?? []
  noteContainers(directory, engine, 'one')
  noteContainers(directory, engine, 'two')
  expect(labels()).toEqual(['one', 'two'])
  forgetContainers(directory)
  expect(labels()).toEqual(['one'])
  forgetContainers(directory)
  expect(existsSync(directory.containersFile)).toBe(false)
})
