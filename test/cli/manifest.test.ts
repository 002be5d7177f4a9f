/** What `manifest kubernetes` writes is what Kubernetes reads, by its own schema. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { hasPython, sparkEnv } from '../fixtures/spark.ts'
import { requires } from '../requires.ts'

/** Its strict schemas refuse a field that there is none of. */
const hasSchemas = requires('kubernetes-validate for Python', hasPython('kubernetes_validate'))

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  mkdirSync(join(shop.folder, 'in'))
  shop.write('in/a.txt', 'a\n')
  shop.job('words.job.ts', 'emit(line)')
})
afterAll(() => shop.remove())

const program = `
import json, sys, yaml, kubernetes_validate
documents = list(yaml.safe_load_all(sys.stdin))
for one in documents:
    kubernetes_validate.validate(one, '1.34', strict=True)
json.dump(documents, sys.stdout)
`

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly [name: string]: unknown
}

/** The documents of a manifest, each as its schema takes it. */
function validated({ stdout, stderr, status }: Ended): Resource[] {
  expect(status, stderr).toBe(0)
  const read = spawnSync('python3', ['-c', program], {
    input: stdout,
    encoding: 'utf8',
    env: { ...process.env, ...sparkEnv },
  })
  expect(read.status, read.stderr).toBe(0)
  return JSON.parse(read.stdout)
}

describe('manifest kubernetes', () => {
  it.skipIf(!hasSchemas)('writes a Job and its page', () => {
    const written = validated(shop.run('manifest', 'kubernetes', 'words.job.ts', 'in', '-o', 'out'))
    expect(written.map(({ kind }) => kind)).toEqual(['Job', 'Deployment', 'Service'])
  })

  it.skipIf(!hasSchemas)('writes with --on spark what the driver needs, and its executors', () => {
    const words = ['--workers', '5', '--memory', '2G', '--spark-conf', 'spark.executor.memory=2g']
    const ended = shop.run(
      'manifest',
      'kubernetes',
      'words.job.ts',
      'in',
      '-o',
      'out',
      '--on',
      'spark',
      ...words,
    )
    expect(ended.stderr).toContain('localhost/tallyman-spark:')
    const written = validated(ended)
    expect(written.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ServiceAccount words-driver',
      'Role words-driver',
      'RoleBinding words-driver',
      'Service words-driver',
      'Job words',
      'Deployment words-page',
      'Service words-page',
    ])
    const [, , , service, job, page] = written as never as {
      spec: { selector: object; template: { metadata: { labels: object }; spec: Pod } }
    }[]
    const { containers, serviceAccountName } = job!.spec.template.spec
    const { args, env } = containers[0]!
    expect(serviceAccountName).toBe('words-driver')
    expect(page!.spec.template.spec.automountServiceAccountToken).toBe(false)
    // The Service leads to the pod of the Job.
    expect(job!.spec.template.metadata.labels).toEqual(service!.spec.selector)
    // What Kubernetes puts in is there.
    const names = env.map(({ name }) => name)
    for (const [, name] of args.join(' ').matchAll(/\$\((\w+)\)/g)) expect(names).toContain(name)
    const conf = args.filter((_, at) => args[at - 1] === '--spark-conf')
    expect(conf).toContain('spark.executor.memory=2g')
    expect(conf).toContain('spark.executor.instances=5')
    const index = conf.find((one) => one.endsWith(`.mount.path=${shop.folder}`))?.match(/place-(\d+)/)?.[1]
    expect(conf).toContain(`spark.kubernetes.executor.volumes.hostPath.place-${index}.mount.readOnly=false`)
    // Without where, it is a command line that a run here takes.
    const dry = shop.run(...args.slice(0, args.indexOf('--on')), '--dry-run')
    expect(dry, dry.stderr).toMatchObject({ status: 0 })
  })

  it('refuses a kind that there is not, and none, and says which there are', () => {
    const wayOut = 'Say one of compose, kubernetes, swarm,'
    expect(shop.run('manifest')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`Which kind of manifest?\n${wayOut}`),
    })
    expect(shop.run('manifest', 'nomad', 'words.job.ts', 'in')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`There is no manifest of kind "nomad".\n${wayOut}`),
    })
  })

  it.each([
    ['compose', /Next, .*docker compose -f FILE up/],
    ['swarm', /Next, .*docker stack deploy -c FILE words\n/],
    ['kubernetes', /Next, .*kubectl apply -f FILE; .*kubectl port-forward service\/words-page \d+:8080\n/],
  ])('of kind %s says what starts it', (kind, next) => {
    const written = shop.run('manifest', kind, 'words.job.ts', 'in')
    expect(written).toMatchObject({ status: 0, stderr: expect.stringMatching(next) })
  })

  it('says where its folder for runs cannot be', () => {
    const nowhere = { env: { TALLYMAN_HOME: '/proc/nothing' } }
    expect(shop.runIn(nowhere, 'manifest', 'compose', 'words.job.ts', 'in')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /The folder for runs, \/proc\/nothing\/runs, could not be made.*\n.*TALLYMAN_HOME/,
      ),
    })
  })

  it('writes down no secret, and says what takes its place', () => {
    const on = (property: string): Ended =>
      shop.run('manifest', 'kubernetes', 'words.job.ts', 'in', '--on', 'spark', '--spark-conf', property)
    const refused = on('spark.executorEnv.AWS_SECRET_ACCESS_KEY=hidden')
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('secretKeyRef') })
    expect(refused.stderr).not.toContain('hidden')
    const named = 'spark.kubernetes.executor.secretKeyRef.AWS_SECRET_ACCESS_KEY=store:key'
    expect(on(named)).toMatchObject({ status: 0, stdout: expect.stringContaining(named) })
  })

  it('refuses other kinds and masters with --on, and says what to say', () => {
    const on = (kind: string, master: string): Ended =>
      shop.run('manifest', kind, 'words.job.ts', 'in', '--on', master)
    for (const ended of [on('compose', 'spark'), on('kubernetes', 'yarn'), on('kubernetes', 'spark://h:1')])
      expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining('--on spark') })
    expect(on('kubernetes', 'k8s://')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('k8s://https://HOST:PORT'),
    })
  })
})

interface Pod {
  readonly automountServiceAccountToken: boolean
  readonly serviceAccountName: string
  readonly containers: readonly {
    readonly args: readonly string[]
    readonly env: readonly { readonly name: string }[]
  }[]
}
