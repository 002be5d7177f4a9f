/**
 * Makes an image to begin with where no registry of images is reached: the Node that runs this, npm, and a shell with the least programs, with the
 * libraries they are linked to, copied from this machine. What `docker.io/library/node` is elsewhere.
 *
 *     node tools/node-base.mjs IMAGE
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'

const [image = 'localhost/node-base'] = process.argv.slice(2)
const programs = [
  'sh',
  'env',
  'setsid',
  'sleep',
  'cat',
  'ls',
  'mkfifo',
  'uname',
  'mkdir',
  'rm',
  'tar',
  'nice',
]
const wanted = process.env.TALLYMAN_ENGINE
const engine = (wanted ? [wanted] : ['podman', 'docker']).find(
  (name) => spawnSync(name, ['--version']).status === 0,
)
if (engine === undefined)
  throw new Error('There is no container engine: neither podman nor docker is installed.')

/** Under both of its usual names, which are one on this machine and two in the image. */
function find(name) {
  const found = ['/bin', '/usr/bin'].map((folder) => join(folder, name)).filter((file) => existsSync(file))
  if (found.length === 0) throw new Error(`There is no program ${name}.`)
  return found
}

const scratch = mkdtempSync(join(tmpdir(), 'node-base-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
// A link to it would lead nowhere under another name.
const start = join(scratch, 'npm')
writeFileSync(start, '#!/bin/sh\nexec node /usr/lib/node_modules/npm/bin/npm-cli.js "$@"\n')
chmodSync(start, 0o755)
const npm = dirname(
  dirname(realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())),
)
const binaries = [process.execPath, ...programs.flatMap(find)]
const libraries = binaries.flatMap((binary) =>
  [...spawnSync('ldd', [binary], { encoding: 'utf8' }).stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(
    ([, path]) => path,
  ),
)
// Whom this machine trusts, and where it fetches packages from.
const settings = ['/etc/ssl/certs/ca-certificates.crt', '/etc/npmrc'].filter((file) => existsSync(file))
const copied = [...binaries, ...libraries, ...settings]
const names = [...new Set([...copied, start])]
// With those that files are in, which Docker makes for root alone where an archive does not have them; and not this machine's own, in which
// something may change while they are read.
const places = [...copied, '/usr/bin/node', '/usr/lib/node_modules/npm'].map((name) => dirname(name).slice(1))
const above = places.flatMap((place) =>
  place.split('/').map((_, depth, all) => all.slice(0, depth + 1).join('/')),
)
const folders = [...new Set(['proc', 'sys', 'dev', 'tmp', 'run', 'etc', 'root', ...above])]
const tree = join(scratch, 'tree')
for (const folder of folders) mkdirSync(join(tree, folder), { recursive: true })
const renamed = [
  `s,^${process.execPath.slice(1)}$,usr/bin/node,`,
  // Of a package manager's folder, whichever it was.
  `s,^${start.slice(1)}$,usr/bin/npm,`,
  `s,^${npm.slice(1)},usr/lib/node_modules/npm,`,
]
const tar = spawn(
  'tar',
  [
    ...[
      '--create',
      '--hard-dereference',
      '--absolute-names',
      '--owner=0',
      '--group=0',
      '--mode=a+rX,go-w',
      '--sort=name',
    ],
    ...['--transform=s,^/,,', ...renamed.map((rule) => `--transform=${rule}`)],
    ...['--dereference', '--no-recursion', '--directory', tree, ...folders],
    ...['--directory=/', ...names, '--recursion', npm],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
const changes = [
  'ENV PATH=/usr/local/bin:/usr/bin:/bin',
  ...(settings.length > 0 ? ['ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'] : []),
]
const load = spawn(engine, ['import', ...changes.flatMap((change) => ['--change', change]), '-', image], {
  stdio: ['pipe', 'ignore', 'inherit'],
})
const [[packed], [loaded]] = await Promise.all([
  once(tar, 'close'),
  once(load, 'close'),
  pipeline(tar.stdout, load.stdin),
])
if (packed !== 0 || loaded !== 0) process.exit(1)
console.log(image)
