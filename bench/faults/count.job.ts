/** The count of the comparison of faults. Its faults are those of fault.py. */
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { count, defineJob, jsonl } from 'tallyman'

const { FAULTS_MARK: mark = '', FAULTS_FAULT: fault = '' } = process.env

interface Line {
  readonly word: string
  readonly n: number
  readonly marked?: boolean
}

function once(): boolean {
  try {
    closeSync(openSync(join(mark, 'died'), 'wx'))
    return true
  } catch {
    return false
  }
}

export default defineJob({
  input: jsonl<Line>(),
  reduce: count<string>(),
  map({ word, n, marked }, emit) {
    if (marked === true && fault === 'killed-worker' && once()) process.kill(process.pid, 'SIGKILL')
    if (marked === true && fault === 'exit-0') process.exit(0)
    if (fault === 'killed-coordinator' && n % 1000 === 0) {
      appendFileSync(join(mark, 'read'), '.')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150)
    }
    emit(word)
  },
})
