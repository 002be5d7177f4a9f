import type { TallymanError } from '../../errors.ts'
import type { Engine } from './engine.ts'
import { engineUnfit } from './engine-trouble.ts'

/** The label by which containers with apps are found. Its value is the app's name. */
export const appLabel = 'tallyman.app'
/** Whose it is: a daemon shows each user the containers of all. */
export const userLabel = 'tallyman.user'
/** Of tallyman's own page: the file with its token. */
export const tokenLabel = 'tallyman.token'
/** Where it was started from, in base64: engines cut labels at some characters. */
export const placeLabel = 'tallyman.place'

/** How often an app that ended badly is started again. */
export const restartsMax = 5

/** What the engine calls the container, or the image, of an app: a daemon has those of all users. */
export function containerOf(name: string, uid = ownUid()): string {
  return `tallyman-app-${uid}-${name}`
}

/** The user id of this process: apps are the user's; 0 where the system has no ids. */
export function ownUid(): number {
  return process.getuid?.() ?? 0
}

/** The error of an engine that does not do with an app what it was asked to. */
export function appUnfit({ kind }: Engine, what: string, stderr: string): TallymanError {
  return engineUnfit(kind, what, stderr, 'Without a container: tallyman serve APP.')
}
