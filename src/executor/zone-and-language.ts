/**
 * The variables that decide how dates and texts look where a job does not say it itself, for a worker that does not inherit this process's environment, so
 * that its answer is that of one that does: the languages that are set, and the time zone.
 */
export function zoneAndLanguage(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const languages = Object.entries(env).filter(([name]) => /^(LANG|LC_[A-Z]+)$/.test(name))
  return { ...Object.fromEntries(languages.map(([name, value]) => [name, value ?? ''])), TZ: timeZone(env) }
}

/** By name, since a machine's own is a file that others need not have. A zone of rules, such as `KST-9`, has no name. */
function timeZone(env: NodeJS.ProcessEnv): string {
  const { timeZone: name } = Intl.DateTimeFormat().resolvedOptions() as {
    readonly timeZone: string | undefined
  }
  return name ?? env.TZ ?? 'UTC'
}
