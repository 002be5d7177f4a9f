/**
 * Loads `main.cjs` with what V8 has compiled of it once already: `main.cache` beside it, which `npm run build` makes (tools/compile-ahead.mjs). To read, parse
 * and compile 1.3 MB of JavaScript takes as long as Node itself takes to start.
 */
import { readFileSync, statSync } from 'node:fs'
import Module from 'node:module'
import { dirname } from 'node:path'
import { Script } from 'node:vm'

/** Where what was compiled of a file ahead is. */
export function cacheOf(file: string): string {
  return file.replace(/\.cjs$/, '.cache')
}

/**
 * Before the bytes that V8 is to go by stands the path of the file, by which it names the file in stacks, wherever that is by then: a folder that was copied or
 * moved does without.
 */
function headOf(file: string): Buffer {
  return Buffer.from(`${JSON.stringify(file)}\n`)
}

/** What to write at `cacheOf(file)` of a script of this file that was run. */
export function cacheBytes(script: Script, file: string): Buffer {
  return Buffer.concat([headOf(file), script.createCachedData()])
}

/**
 * The bytes that V8 is to go by; undefined where there are none, or where they are older than the file, as `make` has it, or of another place. V8 itself
 * looks at its version, its flags and how long the file is, and compiles anew where these are others; at what is in the file it does not look.
 */
export function cachedDataOf(file: string): Buffer | undefined {
  const cache = cacheOf(file)
  try {
    if (statSync(cache).mtimeMs < statSync(file).mtimeMs) return undefined
    const bytes = readFileSync(cache)
    const head = headOf(file)
    return bytes.subarray(0, head.length).equals(head) ? bytes.subarray(head.length) : undefined
  } catch {
    // It was not made, or may not be read: nothing but time depends on it.
    return undefined
  }
}

/** A file of the older module format as a script of V8. Its value is a function of what Node hands to such a module. */
export function compile(file: string, cachedData?: Buffer): Script {
  return new Script(Module.wrap(readFileSync(file, 'utf8')), {
    filename: file,
    ...(cachedData && { cachedData }),
  })
}

/** What the module exports, as `require` would have it. */
export function exportsOf(script: Script, file: string): unknown {
  const module = { exports: {} }
  script.runInThisContext()(module.exports, Module.createRequire(file), module, file, dirname(file))
  return module.exports
}

/** The same for a file by its absolute path, as fast as may be. */
export function load(file: string): unknown {
  return exportsOf(compile(file, cachedDataOf(file)), file)
}
