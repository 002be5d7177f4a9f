import { describe, expect, it } from 'vitest'
import { failureIn, tellingLine } from './task-failure.ts'

describe('tellingLine', () => {
  it('is the last error of Python, and not what wraps it in Java', () => {
    const text = [
      'org.apache.spark.api.python.PythonException: [PYTHON_EXCEPTION] Traceback (most recent call last):',
      '  File "worker.py", line 4, in main',
      'KeyError: 1',
      'During handling of the above exception, another exception occurred:',
      "AttributeError: 'TaskContext' object has no attribute 'x'",
      '\tat org.apache.spark.api.python.BasePythonRunner',
    ]
    expect(tellingLine(text.join('\n'))).toBe("AttributeError: 'TaskContext' object has no attribute 'x'")
  })

  it("is Java's first error where there is none of Python, else the last line", () => {
    const text =
      'Setting log level\njava.io.IOException: Failed to connect to /127.0.0.1:1\n\tat java.base\nCaused by: java.net.ConnectException: refused'
    expect(tellingLine(text)).toBe('java.io.IOException: Failed to connect to /127.0.0.1:1')
    expect(
      tellingLine(
        "py4j.protocol.Py4JJavaError: An error occurred while calling None.x.\n: org.apache.spark.SparkException: Could not parse Master URL: 'local[x]'\n\tat a",
      ),
    ).toBe("org.apache.spark.SparkException: Could not parse Master URL: 'local[x]'")
    expect(
      tellingLine('Exception in thread "main" org.apache.spark.SparkException: Master must be\n\tat b'),
    ).toBe('org.apache.spark.SparkException: Master must be')
    expect(tellingLine('one\ntwo\n\n')).toBe('two')
    expect(tellingLine('')).toBe('')
  })
})

describe('failureIn', () => {
  it('is nothing where a task was not failed by us', () => {
    expect(failureIn('ValueError: no')).toBeNull()
  })
})
