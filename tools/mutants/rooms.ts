/** The rooms whose sources are changed into mutants, and which of their files are not. */
export const rooms = ['record', 'job', 'input', 'flow', 'run'] as const

export type Room = (typeof rooms)[number]

/** A file of a room that mutants are made of: no test, no type test, no front door, which is re-exports only. */
export function isMutated(path: string): boolean {
  return (
    rooms.some((room) => path.startsWith(`src/${room}/`)) &&
    path.endsWith('.ts') &&
    !/\.test(-d)?\.ts$/.test(path) &&
    !path.endsWith('/index.ts')
  )
}

/** The room that a path under `src/` is in. */
export function roomOf(path: string): Room | undefined {
  return rooms.find((room) => path.startsWith(`src/${room}/`))
}
