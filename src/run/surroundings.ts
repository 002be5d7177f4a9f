import { readlinkSync } from 'node:fs'

/**
 * By what dates and texts look where a job does not say it itself: the time zone and the language of the environment. `Asia/Seoul, de_DE`. What
 * two of them made, put together, is a result that neither would have made. Read from the environment, as V8 does: to ask `Intl` takes tens of
 * milliseconds.
 */
export function surroundings(env: NodeJS.ProcessEnv = process.env): string {
  const { LC_ALL, LC_MESSAGES, LANG } = env
  const language = (LC_ALL ?? LC_MESSAGES ?? LANG ?? 'C').replace(/\.[^@]*/, '')
  // All of these are American English there.
  return `${env.TZ ?? systemZone()}, ${/^(C|POSIX)$/.test(language) ? 'en_US' : language}`
}

/**
 * The variables with which a process that is started here has these surroundings; none where it has them anyway.
 *
 * @param said as `surroundings` says it
 */
export function variablesOf(
  said: string,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const at = said.lastIndexOf(', ')
  return said === surroundings(env)
    ? {}
    : { TZ: said.slice(0, at), LC_ALL: said.slice(at + 2).replace(/@|$/, '.UTF-8$&') }
}

function systemZone(): string {
  try {
    return readlinkSync('/etc/localtime').replace(/^.*\/zoneinfo\//, '')
  } catch {
    // A machine without one, such as a container, has UTC.
    return 'UTC'
  }
}
