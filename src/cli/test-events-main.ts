/** A reporter that Node's test runner loads beside its own: tells `tallyman test` what has ended, one JSON object a line. */
import type { TestEvent } from 'node:test/reporters'

/** A test or a suite that has ended, as `tallyman test` reads it. */
export interface EndedTest {
  /** Of a file without a test the runner makes a test itself, whose name is the file's. */
  readonly name: string
  readonly isSuite: boolean
  readonly passed: boolean
}

/** The reporter, which `--test-reporter` loads as the default export of this file. A suite that passed or failed is told of as its tests are. */
export default async function* tellEnded(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const ended: EndedTest = {
      name: data.name,
      isSuite: data.details.type === 'suite',
      passed: type === 'test:pass',
    }
    yield `${JSON.stringify(ended)}\n`
  }
}
