/** A job with its limits, and the page over its runs, wherever containers of them are started. */
export interface Workload {
  /** For names of services and the like: small letters, digits and dashes. */
  readonly name: string
  readonly image: string
  /** Arguments of tallyman. */
  readonly command: readonly string[]
  /** Files and folders that are there under the paths they have here. */
  readonly mounts: readonly { readonly path: string; readonly isWritable: boolean }[]
  /** Whose the files are that it writes. */
  readonly user: { readonly uid: number; readonly gid: number }
  readonly memoryBytes: number
  readonly cpus: number
  readonly processesMax: number
  readonly page: {
    readonly command: readonly string[]
    /** Folder with the runs and the token. */
    readonly home: string
    /** Where it is reached at the loopback address. */
    readonly port: number
    readonly memoryBytes: number
  }
}

/** Where the page listens in its container. */
export const pagePort = 8080

/** What tells that the page answers: any answer will do, since without the token it refuses. */
export const pageProbe = ['node', '-e', `fetch('http://localhost:${pagePort}/').catch(() => process.exit(1))`]

/** As `2048M`, which each of the formats reads. */
export function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}
