/** What every kind of worker must do, whatever it is: each test file of this folder runs this suite, or its parts that apply, on one kind. */
import { describe } from 'vitest'
import type { WorkerKind } from '../../src/executor/index.ts'
import { hasProc } from '../fixtures/process-tree.ts'
import { requires } from '../requires.ts'
import { testAttempts } from './suite/attempts.ts'
import { testDeaths } from './suite/deaths.ts'
import { testGroup } from './suite/limits.ts'
import { testLoading } from './suite/loading.ts'
import { inPlace } from './suite/place.ts'
import { testStopping } from './suite/stopping.ts'
import { Workplace } from './workplace.ts'

export function testExecutor(kind: WorkerKind): void {
  describe.skipIf(!requires('/proc', hasProc))(`a pool of workers of kind ${kind}`, () => {
    const make = (): Workplace => new Workplace(kind)
    const place = inPlace(make)
    testLoading(place)
    testAttempts(place, make)
    testDeaths(place, make)
    testStopping(place)
    testGroup(place)
  })
}
