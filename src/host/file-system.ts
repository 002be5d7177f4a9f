import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { readSmallFile } from './small-file.ts'

/** Type of the file system that a path is on, as mount(8) calls it: `ext4`, `nfs4`, `tmpfs`; null where it cannot be known. */
export function readFileSystemType(path: string, mountinfo = '/proc/self/mountinfo'): string | null {
  let [longest, type]: [string, string | null] = ['', null]
  for (const line of (readSmallFile(mountinfo) ?? '').split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    // Blanks in it are written as numbers (proc(5)).
    const place = (before.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    )
    const isAbove = `${resolve(path)}${sep}`.startsWith(place === sep ? sep : `${place}${sep}`)
    // Of two at one place the later one is seen.
    if (place !== '' && isAbove && place.length >= longest.length)
      [longest, type] = [place, after.split(' ')[0] ?? null]
  }
  return type
}

const probeBytes = 32 * 2 ** 20

/**
 * How fast a disk takes what is written to it, to the end: bytes a second.
 *
 * @param folder one that is there
 * @throws the system's error where it cannot be written to
 *
 * Cost: writes 32 MiB, which are removed again.
 */
export async function measureWriting(folder: string): Promise<number> {
  const own = mkdtempSync(join(folder, '.tallyman-doctor-'))
  try {
    const file = await open(join(own, 'probe'), 'wx', 0o600)
    const startMs = performance.now()
    try {
      const piece = Buffer.alloc(2 ** 20, 'tallyman')
      for (let written = 0; written < probeBytes; written += piece.length) await file.write(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    return probeBytes / ((performance.now() - startMs) / 1000)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}
