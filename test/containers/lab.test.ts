/** The lab: a web app in a rootless container at one's own port, and what is broken where it does not come up. All of it is really broken here. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  constants,
  cpSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasEngine } from '../fixtures/engine.ts'
import { canMakeUsers, isTunOpen, OrdinaryUser } from '../fixtures/ordinary-user.ts'
import { freePort } from '../fixtures/page-server.ts'
import { type Ended, program, Workshop } from '../fixtures/program.ts'
import { hasSsh, makeKey, SshServer } from '../fixtures/ssh-server.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const sshPort = freePort() + 600
const root = fileURLToPath(new URL('../..', import.meta.url))

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const hasDocker = spawnSync('docker', ['--version']).status === 0
const hasTwoRuntimes = ['runc', 'crun'].every((name) => spawnSync(name, ['--version']).status === 0)
const hasSystemd = isExecutable('/usr/bin/systemd-analyze')
const isHybrid = statSync('/sys/fs/cgroup/unified', { throwIfNoEntry: false }) !== undefined

describe('up without an engine that answers', () => {
  let shop: Workshop
  beforeAll(() => {
    shop = new Workshop()
    shop.run('new', '--app', 'hello')
  })
  afterAll(() => shop.remove())

  function up(env: Readonly<Record<string, string | undefined>>): Ended {
    return shop.runIn({ env: { DOCKER_HOST: undefined, ...env } }, 'up', 'hello')
  }

  it('says which one is installed how', () => {
    const bin = join(shop.folder, 'bin')
    shop.write('bin/note', '')
    symlinkSync(process.execPath, join(bin, 'node'))
    expect(up({ PATH: bin })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /podman is not installed; docker is not installed\.\n.*apt-get install .*podman runc uidmap/,
      ),
    })
  })

  describe.skipIf(!requires('a docker client', hasDocker))('but a client of Docker', () => {
    it('says that its daemon is down, and how it is started', () => {
      const nobody = join(shop.folder, 'nobody')
      const ended = up({ TALLYMAN_ENGINE: 'docker', XDG_RUNTIME_DIR: nobody })
      expect(ended).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /docker has no server that answers.*docker\.sock.*\n.*systemctl start docker.*systemctl --user start docker/,
        ),
      })
    })

    it.each(['tcp://127.0.0.1:9', 'unix:///nowhere/docker.sock', 'nonsense://'])(
      'says of DOCKER_HOST=%s that nobody is there',
      (host) => {
        expect(up({ TALLYMAN_ENGINE: 'docker', DOCKER_HOST: host })).toMatchObject({
          status: 1,
          stderr: expect.stringMatching(/DOCKER_HOST says .*\n.*unset DOCKER_HOST/),
        })
      },
    )

    it("finds a daemon of one's own that DOCKER_HOST does not name", async () => {
      const socket = createServer().listen(join(shop.folder, 'docker.sock'))
      expect(up({ TALLYMAN_ENGINE: 'docker', XDG_RUNTIME_DIR: shop.folder })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`export DOCKER_HOST=unix://${join(shop.folder, 'docker.sock')}`),
      })
      socket.close()
    })
  })
})

describe.skipIf(!requires('systemd-analyze', hasSystemd))('up --systemd', () => {
  it('prints a unit that systemd takes, for a place with a space, a percent sign and a newline', () => {
    const shop = new Workshop()
    shop.write('a place 100%/new\nline/app.ts', 'export default { fetch: () => new Response() }\n')
    const printed = shop.runIn({ cwd: 'a place 100%' }, 'up', 'new\nline', '--port', '5678', '--systemd')
    expect(printed).toMatchObject({ status: 0, stderr: expect.stringMatching(/mkdir -p .*enable-linger/s) })
    const unit = shop.write('tallyman-a.service', printed.stdout)
    const verified = spawnSync('systemd-analyze', ['verify', '--user', unit], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: shop.folder },
    })
    expect(verified, verified.stderr).toMatchObject({ status: 0, stderr: '' })
    expect(printed.stdout).toContain(`up --port 5678 "${shop.folder}/a place 100%%/new\\nline"`)
    shop.remove()
  })
})

// As an ordinary user this very file has nobody to become.
describe.runIf(process.getuid?.() === 0)('an ordinary user', () => {
  const isReady =
    requires('a container engine', hasEngine) &&
    requires('the right to make users', canMakeUsers) &&
    requires('a /dev/net/tun that everybody may open (chmod 666)', isTunOpen) &&
    requires('an ssh server and client (openssh-server, openssh-client)', hasSsh)

  describe.skipIf(!isReady)('of the lab', () => {
    let user: OrdinaryUser
    beforeAll(() => {
      user = new OrdinaryUser('tallyman-lab', 5678)
      user.write('hello/app.ts', "export default { fetch: () => new Response('hello') }\n")
      user.run('podman', ['system', 'migrate'])
    })
    afterAll(() => user.remove())

    function up(...args: readonly string[]): Ended {
      return user.run(process.execPath, [program, 'up', ...args])
    }

    /** With a command of root's that changes the machine for this command alone. */
    function upWhere(change: string, ...args: readonly string[]): Ended {
      // What holds the user's namespace since an earlier command of theirs has the machine as it was then.
      user.run('podman', ['system', 'migrate'])
      const machine = ['unshare', '--mount', 'sh', '-c', `${change} && exec "$@"`, 'sh']
      return user.run(process.execPath, [program, 'up', ...args], {}, machine)
    }

    it('is told who opens /dev/net/tun, where they may not', () => {
      const folder = mkdtempSync(join(tmpdir(), 'tallyman-tun-'))
      const tun = join(folder, 'tun')
      const ended = upWhere(`mknod -m 600 ${tun} c 10 200 && mount --bind ${tun} /dev/net/tun`, 'hello')
      rmSync(folder, { recursive: true })
      // It holds the mounts of the first command that started a container.
      user.run('podman', ['system', 'migrate'])
      expect(ended).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/may not open \/dev\/net\/tun.*\n.*chmod 666 \/dev\/net\/tun/),
      })
    })

    it.skipIf(!requires('crun and runc beside control groups of version 1', hasTwoRuntimes && isHybrid))(
      'is told which runtime goes with these control groups',
      () => {
        const ended = upWhere('mount --bind /dev/null /usr/sbin/runc', 'hello')
        user.run('podman', ['system', 'migrate'])
        expect(ended).toMatchObject({
          status: 1,
          stderr: expect.stringMatching(/control groups of version 1.*\n.*apt-get install -y runc/),
        })
      },
    )

    it('has the Flask app of the lab at the port of their user id, from packages of Debian', async () => {
      cpSync(join(root, 'examples/hello-flask'), join(user.home, 'hello-flask'), { recursive: true })
      spawnSync('chown', ['-R', `${user.uid}`, join(user.home, 'hello-flask')])
      const made = user.run('sh', ['hello-flask/make-base.sh'])
      expect(made, made.stderr).toMatchObject({ status: 0, stdout: 'localhost/hello-flask-base\n' })
      const started = up('hello-flask', '--build-arg', 'BASE=localhost/hello-flask-base')
      expect(started, started.stderr).toMatchObject({ status: 0, stdout: `http://127.0.0.1:${user.uid}/\n` })
      expect(started.stderr).toContain(`ssh -N -L ${user.uid}:127.0.0.1:${user.uid}`)
      const page = await (await fetch(`http://127.0.0.1:${user.uid}/`)).text()
      expect(page).toContain(`Flask answers, from container`)
      // From a laptop, as the lab has it: an app can prove nothing, and it is said what is known of it.
      makeKey(user, 'id_ed25519', user)
      const server = await SshServer.start(user, sshPort)
      const tunnel = user.start(process.execPath, [
        ...[program, 'tunnel', `${user.name}@127.0.0.1`, '-p', String(sshPort), '--no-open'],
        ...['-o', 'StrictHostKeyChecking=accept-new'],
      ])
      let [link, said] = ['', '']
      tunnel.stdout?.on('data', (data) => {
        link += data
      })
      tunnel.stderr?.on('data', (data) => {
        said += data
      })
      try {
        await until('the tunnel', () => said.includes('Ctrl-C'))
        expect(said).toMatch(/the app hello-flask, port 5678 of .*: a process of yours listens there/)
        expect(await (await fetch(link.trim())).text()).toContain('Flask answers')
      } finally {
        tunnel.kill('SIGINT')
        await once(tunnel, 'exit')
        await server.stop()
      }
      const logs = user.run(process.execPath, [program, 'logs', 'hello-flask'])
      expect(logs.stdout).toMatch(/"GET \/ HTTP\/1.1" 200/)
      expect(user.run(process.execPath, [program, 'down']).status).toBe(0)
    })

    it('has the TypeScript app of the lab there as well, as `new --app` writes it', async () => {
      expect(user.run(process.execPath, [program, 'new', '--app', 'first']).status).toBe(0)
      const started = up('first')
      expect(started, started.stderr).toMatchObject({ status: 0, stdout: `http://127.0.0.1:${user.uid}/\n` })
      expect(await (await fetch(`http://127.0.0.1:${user.uid}/`)).text()).toContain('<h1>hello, world</h1>')
      expect(user.run(process.execPath, [program, 'down']).status).toBe(0)
    })

    it('is told of a port that is for root alone', () => {
      const served = user.run(process.execPath, [program, 'serve', '--port', '80'])
      for (const ended of [up('hello', '--port', '80'), served])
        expect(ended).toMatchObject({
          status: 2,
          stderr: expect.stringMatching(/Port 80 is for root alone.*\n.*from 1024 on/),
        })
    })

    it('is told that the image that a Dockerfile begins with is not reached', () => {
      user.write('far/Dockerfile', 'FROM localhost:9/far\n')
      expect(up('far')).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/its registry is not reached.*\n.*--build-arg BASE=IMAGE/),
      })
    })

    it('is told of a storage driver that copies images, and of ids that are not theirs to give', () => {
      const other = new OrdinaryUser('tallyman-bare')
      try {
        other.write('hello/app.ts', "export default { fetch: () => new Response('hello') }\n")
        writeFileSync(join(other.home, '.config/containers/storage.conf'), '[storage]\ndriver = "vfs"\n')
        const tallyman = (command: string, ...args: readonly string[]): Ended =>
          other.run(process.execPath, [program, command, ...args])
        const copied = tallyman('up', 'hello')
        expect(copied, copied.stderr).toMatchObject({
          status: 0,
          stderr: expect.stringMatching(/storage driver vfs.*driver = "overlay"/),
        })
        expect(tallyman('down').status).toBe(0)
        expect(tallyman('doctor', '--fix').stdout).toMatch(
          /^# container images: .*storage driver vfs.*\nmkdir .*\nprintf .*overlay.*\npodman system reset --force$/m,
        )
        other.takeOtherIds()
        // An app needs no other ids; a worker in a container keeps the user's own, and does.
        expect(tallyman('up', 'hello').status).toBe(0)
        expect(tallyman('down').status).toBe(0)
        other.write('in.txt', 'to be\n')
        other.write(
          'words.job.ts',
          "import { count, defineJob, text } from 'tallyman'\nexport default defineJob({ input: text(), reduce: count<string>(), map: (line, emit) => emit(line) })\n",
        )
        expect(tallyman('run', 'words.job.ts', 'in.txt', '--isolation', 'container')).toMatchObject({
          status: 1,
          stderr: expect.stringMatching(
            /no range of other ids.*\n.*usermod --add-subuids \d+-\d+ .*tallyman-bare/,
          ),
        })
      } finally {
        other.remove()
      }
    })
  })
})
