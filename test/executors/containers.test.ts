import { describe } from 'vitest'
import { hasEngine } from '../fixtures/engine.ts'
import { requires } from '../requires.ts'
import { testExecutor } from './executor-suite.ts'

describe.skipIf(!requires('a container engine', hasEngine))('with an engine', () => testExecutor('container'))
