import { afterEach, describe, expect, test, vi } from 'vitest'
import { Unawaited } from './unawaited.ts'

// That nothing is left at work is never said in this process: test/hostile/unawaited.test.ts has workers of its own.
describe('Unawaited', () => {
  const open: NodeJS.Timeout[] = []
  afterEach(() => {
    for (const interval of open.splice(0)) clearInterval(interval)
  })
  const holdOpen = (): void => {
    for (let count = 0; count < 5; count++) open.push(setInterval(() => undefined, 1000))
  }

  test('takes the line again where work goes on too long, with all listeners, and does not let go of it the next time', async () => {
    const hold = vi.fn()
    const listener = vi.fn()
    process.once('beforeExit', listener)
    const listeners = process.rawListeners('beforeExit')
    const unawaited = new Unawaited({ hold })
    const settle = unawaited.begin()
    holdOpen()
    await settle()
    expect(hold.mock.calls).toEqual([[false], [true]])
    expect(process.rawListeners('beforeExit')).toEqual(listeners)
    process.removeListener('beforeExit', listener)
    await unawaited.begin()()
    expect(hold).toHaveBeenCalledTimes(2)
  })

  test('does not let go of the line of a job that has held something open since before its task', async () => {
    const hold = vi.fn()
    const unawaited = new Unawaited({ hold })
    holdOpen()
    await unawaited.begin()()
    expect(hold).not.toHaveBeenCalled()
  })
})
