import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { allowsForwarding } from './ssh-server.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

it.each([
  ['', true],
  ['#AllowTcpForwarding no\nPort 22\n', true],
  ['AllowTcpForwarding no\n', false],
  ['  allowtcpforwarding = NO\n', false],
  ['AllowTcpForwarding remote\n', false],
  ['AllowTcpForwarding local\nAllowTcpForwarding no\n', true],
  ['DisableForwarding yes\n', false],
  ['Match User bob\n  AllowTcpForwarding no\n', true],
])('allowsForwarding of %j is %s', (text, isAllowed) => {
  writeFileSync(folder.at('sshd_config'), text)
  expect(allowsForwarding(folder.path)).toBe(isAllowed)
})

it('allowsForwarding reads what is included first, and says null where it may read nothing', () => {
  expect(allowsForwarding(folder.at('nothing'))).toBe(null)
  mkdirSync(folder.at('sshd_config.d'))
  writeFileSync(folder.at('sshd_config.d', '10-ours.conf'), 'AllowTcpForwarding yes\n')
  writeFileSync(folder.at('sshd_config'), 'AllowTcpForwarding no\n')
  expect(allowsForwarding(folder.path)).toBe(true)
})
