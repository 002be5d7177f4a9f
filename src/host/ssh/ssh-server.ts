import { readdirSync } from 'node:fs'
import { readSmallFile } from '../small-file.ts'

/**
 * Does the configuration of this machine's ssh server let ports be forwarded to it? False where it says no for everybody; what it says for
 * some users or addresses (`Match`) is not looked at. Null where it may not be read.
 */
export function allowsForwarding(folder = '/etc/ssh'): boolean | null {
  const texts = [...included(`${folder}/sshd_config.d`), readSmallFile(`${folder}/sshd_config`)]
  if (texts.every((text) => text === null)) return null
  for (const text of texts) {
    const [forAll = ''] = (text ?? '').split(/^\s*Match\s/im)
    // The first that is said holds (sshd_config(5)).
    for (const [, name = '', value = ''] of forAll.matchAll(
      /^\s*(AllowTcpForwarding|DisableForwarding)[\s=]+(\w+)/gim,
    )) {
      if (name.toLowerCase() === 'disableforwarding' ? /^yes$/i.test(value) : /^(no|remote)$/i.test(value))
        return false
      if (name.toLowerCase() === 'allowtcpforwarding') return true
    }
  }
  return true
}

function included(folder: string): (string | null)[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.conf'))
    return names.sort().map((name) => readSmallFile(`${folder}/${name}`))
  } catch {
    // There is no such folder.
    return []
  }
}
