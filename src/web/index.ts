/** Who watches: a read-only server over run directories, and its pages. And the user's own web apps. */

export { AppBundle } from './own-app/app-bundle.ts'
export { type ServedApp, startApp } from './own-app/app-process.ts'
export { SourceWatch } from './own-app/source-watch.ts'
export { helloPath, isOwnPage, isPageHello } from './page-hello.ts'
export {
  containerMark,
  forgetApp,
  notePage,
  notesFolder,
  type PageNote,
  parsePageNote,
} from './page-note.ts'
export { type PageOptions, type ServedPage, servePage } from './server.ts'
export { readToken } from './token.ts'
