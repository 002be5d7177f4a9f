/** Who watches: a read-only server over run directories, and its pages. */

export { type PageOptions, type ServedPage, servePage } from './server.ts'
export { readToken } from './token.ts'
