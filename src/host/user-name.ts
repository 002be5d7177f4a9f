import { userInfo } from 'node:os'

/** The name of this user; their number where there is none, as in a container that was given a number alone. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    // They have no entry among the users.
    return String(process.getuid?.() ?? 'USER')
  }
}
