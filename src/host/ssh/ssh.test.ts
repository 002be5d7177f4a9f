import { expect, test } from 'vitest'
import { forwardCommand } from './ssh.ts'

test('forwardCommand names user, address and port of the connection', () => {
  expect(forwardCommand(50_123, 'ada', '10.0.0.7 51234 192.0.2.1 22')).toBe(
    'ssh -N -L 50123:127.0.0.1:50123 ada@192.0.2.1',
  )
  expect(forwardCommand(50_123, 'ada', '10.0.0.7 51234 2001:db8::1 2222')).toBe(
    'ssh -N -L 50123:127.0.0.1:50123 -p 2222 ada@2001:db8::1',
  )
  expect(forwardCommand(50_123, 'ada', '::ffff:10.0.0.7 51234 ::ffff:192.0.2.1 22')).toBe(
    'ssh -N -L 50123:127.0.0.1:50123 ada@192.0.2.1',
  )
  expect(forwardCommand(50_123, 'LAB\\ada', '10.0.0.7 51234 192.0.2.1 22')).toBe(
    "ssh -N -L 50123:127.0.0.1:50123 'LAB\\ada@192.0.2.1'",
  )
  expect(forwardCommand(50_123, 'ada', undefined)).toBe('ssh -N -L 50123:127.0.0.1:50123 ada@HOST')
  expect(forwardCommand(50_123, '1000', undefined)).toBe('ssh -N -L 50123:127.0.0.1:50123 USER@HOST')
})
