// @ts-check
/** The programs that tallyman is measured against: one a work and peer, in `bench/peers/WORK/`, as a skilled user of it writes it. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Peer
 * @property {string} says its name in the table
 * @property {readonly string[]} packages from Python's registry; the first one's version is recorded
 * @property {readonly string[]} programs that must be on the path
 * @property {boolean} isParallel whether it can use more than one core
 * @property {boolean} [isSingle] whether it is measured on one core as well
 * @property {readonly string[]} [libraries] of C++ that it is compiled with, as pkg-config calls them
 */

const peersDir = fileURLToPath(new URL('peers/', import.meta.url))
/** Where `node bench/install-peers.mjs` puts them: not part of the project. */
export const installedDir = fileURLToPath(new URL('.peers/', import.meta.url))
/** Which packages it could not install, and why. */
export const absentFile = join(installedDir, 'absent.json')

/** @type {Readonly<Record<string, Peer>>} */
export const peers = {
  plain_python: { says: 'Python, json', packages: [], programs: [], isParallel: false },
  with_orjson: {
    says: 'Python, orjson',
    packages: ['orjson'],
    programs: [],
    isParallel: true,
  },
  with_msgspec: {
    says: 'Python, msgspec and ISA-L',
    packages: ['msgspec', 'isal'],
    programs: [],
    isParallel: true,
    isSingle: true,
  },
  with_duckdb: {
    says: 'DuckDB',
    packages: ['duckdb'],
    programs: [],
    isParallel: true,
    isSingle: true,
  },
  with_polars: { says: 'Polars', packages: ['polars'], programs: [], isParallel: true },
  with_chdb: { says: 'ClickHouse (chdb)', packages: ['chdb'], programs: [], isParallel: true },
  with_jq: {
    says: 'jq, GNU parallel',
    packages: [],
    programs: ['jq', 'parallel', 'unzip'],
    isParallel: true,
  },
  with_mrjob: { says: 'mrjob', packages: ['mrjob', 'setuptools'], programs: [], isParallel: true },
  with_simdjson: {
    says: 'C++, simdjson and ISA-L',
    packages: [],
    programs: [],
    libraries: ['simdjson', 'libisal'],
    isParallel: false,
  },
  with_sort: { says: 'sort, uniq', packages: [], programs: ['sort', 'uniq'], isParallel: true },
}

export const packagesOfPeers = [...new Set(Object.values(peers).flatMap(({ packages }) => packages))]

/**
 * What a program in C++ is compiled to.
 *
 * @param {string} file
 */
export function compiledOf(file) {
  return join(installedDir, 'compiled', `${basename(dirname(file))}-${basename(file, '.cpp')}`)
}

/** The programs in C++, each with the libraries it is compiled with. */
export function sourcesInCpp() {
  return readdirSync(peersDir)
    .flatMap((work) => programsOf(work))
    .filter(({ file }) => extname(file) === '.cpp')
    .map(({ name, file }) => ({ name, file, libraries: peers[name]?.libraries ?? [] }))
}

/** The Python that runs them, unless another is asked for. */
export function defaultPython() {
  const installed = join(installedDir, 'bin', 'python')
  return existsSync(installed) ? installed : 'python3'
}

/**
 * The peers that have a program for a work, with its path.
 *
 * @param {string} work a folder of bench/peers
 */
export function programsOf(work) {
  const names = Object.keys(peers)
  return readdirSync(join(peersDir, work))
    .map((file) => ({ name: basename(file, extname(file)), file: join(peersDir, work, file) }))
    .filter(({ name }) => name in peers)
    .sort((left, right) => names.indexOf(left.name) - names.indexOf(right.name))
}

/**
 * The version of each peer that can be run here, or why it cannot.
 *
 * @param {string} python
 * @returns {Readonly<Record<string, { readonly version: string } | { readonly absent: string }>>}
 */
export function lookAtPeers(python) {
  const versions = packageVersions(python)
  /** @type {Record<string, string>} */
  const reasons = existsSync(absentFile) ? JSON.parse(readFileSync(absentFile, 'utf8')) : {}
  return Object.fromEntries(
    Object.entries(peers).map(([name, { packages, programs, libraries = [] }]) => {
      const lacks =
        [...packages, ...programs].find((part) =>
          packages.includes(part) ? versions[part] === undefined : versionOf(part) === null,
        ) ?? (isCompiled(name) ? undefined : name)
      if (lacks !== undefined)
        return [name, { absent: `${lacks} is not installed${reasons[lacks] ? `: ${reasons[lacks]}` : ''}` }]
      const parts = [
        ...packages.map((part) => `${part} ${versions[part]}`),
        ...programs.map((part) => versionOf(part)),
        ...libraries.map((part) => libraryVersion(part)),
      ]
      return [
        name,
        {
          version: parts.length === 0 ? String(versionOf(python, 'Python')) : [...new Set(parts)].join(', '),
        },
      ]
    }),
  )
}

/** @param {string} peer */
function isCompiled(peer) {
  return sourcesInCpp().every(({ name, file }) => name !== peer || existsSync(compiledOf(file)))
}

/** @param {string} library */
function libraryVersion(library) {
  const { status, stdout } = spawnSync('pkg-config', ['--modversion', library], { encoding: 'utf8' })
  return status === 0 ? `${library} ${stdout.trim()}` : library
}

/**
 * @param {string} python
 * @returns {Record<string, string>}
 */
function packageVersions(python) {
  const program =
    'import importlib.metadata as m, json; print(json.dumps({d.metadata["Name"].lower(): d.version for d in m.distributions()}))'
  const { status, stdout } = spawnSync(python, ['-c', program], { encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout) : {}
}

/**
 * The first line that a program says of its version; null where there is no such program.
 *
 * @param {string} program
 * @param {string} [says] what the line begins with, where the program has another name
 */
function versionOf(program, says = program) {
  const flag = program === 'unzip' ? '-v' : '--version'
  const { status, stdout } = spawnSync(program, [flag], { encoding: 'utf8' })
  const [line = ''] = (stdout ?? '').split('\n')
  const version = /\d+(?:\.\d+)*/.exec(line)?.[0]
  return status === 0 && version !== undefined ? `${says} ${version}` : null
}
