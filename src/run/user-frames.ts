import { packageRoot } from './package.ts'

/** Lines of a stack in files of the user's. */
export function userFrames(stack: string): string[] {
  return framesOutside(stack).filter((line) => !isEngine(line))
}

/** Lines of a stack in files that are not Node's. */
export function framesOutside(stack: string): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  // Those of the language itself, such as `Array.reduce (<anonymous>)`, are in no file.
  return frames.filter((line) => !/\bnode:internal|\((native|<anonymous>|index \d+)\)/.test(line))
}

function isEngine(frame: string): boolean {
  return ['src/', 'dist/', 'node_modules/'].some((folder) => frame.includes(packageRoot + folder))
}
