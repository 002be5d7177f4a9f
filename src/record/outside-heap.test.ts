import { expect, test } from 'vitest'
import { countOutsideHeap, outsideHeapBytes } from './outside-heap.ts'

test('outsideHeapBytes is what was said to be held, less what was given back', () => {
  const before = outsideHeapBytes()
  countOutsideHeap(1000)
  countOutsideHeap(500)
  countOutsideHeap(-1000)
  expect(outsideHeapBytes()).toBe(before + 500)
  countOutsideHeap(-500)
  expect(outsideHeapBytes()).toBe(before)
})
