import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { browserCommand } from './open-browser.ts'

it('browserCommand opens where somebody sits, and something opens it', () => {
  const PATH = mkdtempSync(join(tmpdir(), 'tallyman-browser-'))
  onTestFinished(() => rmSync(PATH, { recursive: true }))
  expect(browserCommand('linux', { PATH, DISPLAY: ':0' })).toBe(null)
  writeFileSync(join(PATH, 'xdg-open'), '')
  chmodSync(join(PATH, 'xdg-open'), 0o755)
  expect(browserCommand('linux', { PATH, DISPLAY: ':0' })).toEqual(['xdg-open'])
  expect(browserCommand('linux', { PATH, WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open'])
  expect(browserCommand('linux', { PATH, DISPLAY: '' })).toBe(null)
  expect(browserCommand('darwin', {})).toEqual(['open'])
  expect(browserCommand('darwin', { SSH_CONNECTION: 'x' })).toBe(null)
  expect(browserCommand('win32', {})?.[0]).toBe('rundll32')
})
