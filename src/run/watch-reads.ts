import * as fs from 'node:fs'
import * as promises from 'node:fs/promises'
import type { Plugin } from 'esbuild'
import { sideFilesHook } from '../executor/index.ts'

const modules: Readonly<Record<string, object>> = { 'node:fs': fs, 'node:fs/promises': promises }
const namespace = 'watched'

/**
 * Has a bundled job, and its packages, get the file system by way of a worker that notes what is read (`executor/worker/side-files.ts`); where there is no such
 * worker they get it as it is. Whoever calls `require` may put functions of their own into what they get, as into the module itself.
 */
export const watchReads: Plugin = {
  name: 'watch-reads',
  setup(build) {
    build.onResolve({ filter: /^(node:)?fs(\/promises)?$/ }, ({ path, kind, namespace: from }) => {
      const name = path.startsWith('node:') ? path : `node:${path}`
      if (from === namespace) return { path: name, external: true }
      return { path: kind === 'require-call' ? `${name}?require` : name, namespace }
    })
    build.onLoad({ filter: /./, namespace }, ({ path }) => {
      const [name = '', isRequired] = path.split('?')
      const hook = `const hook = globalThis[Symbol.for(${JSON.stringify(sideFilesHook)})];`
      const value = 'hook === undefined ? real : hook(real)'
      if (isRequired !== undefined)
        return {
          contents: `const real = require(${JSON.stringify(name)}); ${hook} module.exports = ${value}`,
        }
      // What a Node that runs the job does not have is undefined there.
      const names = Object.keys(modules[name] ?? {}).filter((key) => key !== 'default')
      const exports = names.map((key) => `export const ${key} = module.${key};`)
      return {
        contents: `import real from ${JSON.stringify(name)}; ${hook} const module = ${value}; export default module; ${exports.join(' ')}`,
      }
    })
  },
}
