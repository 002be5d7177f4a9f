// @ts-check
/**
 * `node bench/install-peers.mjs` installs the peers of the benchmark into `bench/.peers/`, which is not part of the project: a virtual
 * environment of Python with their newest versions, and what is compiled of C++. What cannot be installed is left out of the measurement, with the
 * reason. jq, unzip, GNU parallel, a compiler, simdjson and ISA-L are packages of the system; it says which of them are missing.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  absentFile,
  compiledOf,
  installedDir,
  lookAtPeers,
  packagesOfPeers,
  peers,
  sourcesInCpp,
} from './peers.mjs'

const python = join(installedDir, 'bin', 'python')

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function run(program, args) {
  const { status, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  return status === 0 ? null : (error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given')
}

const made = run('python3', ['-m', 'venv', installedDir])
if (made !== null) {
  console.error(`python3 -m venv failed: ${made}`)
  process.exit(1)
}
/** @type {Record<string, string>} */
const absent = {}
for (const name of packagesOfPeers) {
  console.log(`Installing ${name}`)
  const reason = run(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--upgrade',
    name,
  ])
  // A record names no server.
  if (reason !== null) absent[name] = reason.replaceAll(/https?:\/\/\S+/g, 'the registry')
}
for (const { name, file, libraries } of sourcesInCpp()) {
  console.log(`Compiling ${name}`)
  const compiled = compiledOf(file)
  mkdirSync(dirname(compiled), { recursive: true })
  const links = libraries.map((library) => `-l${library.replace(/^lib/, '')}`)
  const reason = run('g++', ['-O3', '-std=c++17', '-march=native', '-o', compiled, file, ...links])
  if (reason !== null) absent[name] = reason
}
writeFileSync(absentFile, `${JSON.stringify(absent, null, 2)}\n`)
for (const [name, found] of Object.entries(lookAtPeers(python)))
  console.log(`${peers[name]?.says}: ${'version' in found ? found.version : found.absent}`)
