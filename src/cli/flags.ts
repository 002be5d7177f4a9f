/** The one table of flags: the parser, `--help`, the man page and the shell completions are made of it. */

import type { Flag } from './flag.ts'
import { flagsOfResults } from './flags-of-results.ts'
import { flagsOfRun } from './flags-of-run.ts'

const running = ['run']
const goingOn = ['run', 'resume']
/** Commands that end as a run does. */
const reporting = ['run', 'resume', 'attach']

/** In the order in which a command's help shows them. */
export const flags: readonly Flag[] = [
  ...flagsOfRun,
  ...flagsOfResults,
  {
    name: 'memory',
    short: 'm',
    takes: { kind: 'size', placeholder: 'SIZE' },
    help: 'memory that the app may hold. Default: 512M',
    commands: ['up'],
  },
  {
    name: 'build-arg',
    takes: { kind: 'text', placeholder: 'NAME=VALUE', repeat: true },
    help: 'a value for an ARG of the Dockerfile, such as the image it begins with',
    commands: ['up'],
  },
  {
    name: 'systemd',
    takes: { kind: 'switch' },
    help: 'prints a unit for systemd that does the same after each reboot, and starts nothing',
    commands: ['up'],
  },
  {
    name: 'rounds',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'how often the run is disturbed. Default: 10',
    commands: ['chaos'],
  },
  {
    name: 'seed',
    takes: { kind: 'count', placeholder: 'N', least: 0 },
    help: 'chance does again what it did with this seed. Default: another one each time',
    commands: ['chaos'],
  },
  {
    name: 'attempt',
    takes: { kind: 'text', placeholder: 'ATTEMPT' },
    help: 'shows only this attempt, such as map-00012.1, or all attempts of a task, such as map-00012',
    commands: ['logs'],
  },
  {
    name: 'task',
    takes: { kind: 'text', placeholder: 'TASK|NAME' },
    help: 'lists only this task, such as map-00012, or the tasks that read a file or archive member with this in its name',
    commands: ['explain'],
  },
  {
    name: 'what',
    takes: { kind: 'choice', choices: ['all', 'reused', 'ran', 'ran-again', 'running', 'waiting'] },
    help: 'lists only the tasks that this became of',
    commands: ['explain'],
  },
  {
    name: 'why',
    takes: { kind: 'text', placeholder: 'TEXT' },
    help: 'lists only the tasks in whose reason this stands',
    commands: ['explain'],
  },
  {
    name: 'whole',
    takes: { kind: 'switch' },
    help: 'maps every record the attempt read, not only the one it died at or rejected',
    commands: ['repro'],
  },
  {
    name: 'inspect',
    takes: { kind: 'switch' },
    help: 'waits for a debugger, and stops it in front of the record',
    commands: ['repro'],
  },
  {
    name: 'profile',
    takes: { kind: 'switch' },
    help: 'says where the time of an attempt that ends well goes, and writes ATTEMPT.cpuprofile here, which Chrome and editors open',
    commands: ['repro'],
  },
  {
    name: 'follow',
    short: 'f',
    takes: { kind: 'switch' },
    help: 'goes on with what is printed until the run, or the app, ends',
    commands: ['logs'],
  },
  {
    name: 'now',
    takes: { kind: 'switch' },
    help: 'gives up what has begun, and does not wait for it',
    commands: ['stop'],
  },
  {
    name: 'fix',
    takes: { kind: 'switch' },
    help: 'prints the commands that mend what is not fine, and runs none of them',
    commands: ['doctor'],
  },
  {
    name: 'kept',
    takes: { kind: 'switch' },
    help: 'frees what is kept for later runs: what map tasks wrote, and archives for executors of Spark',
    commands: ['clean'],
  },
  {
    name: 'images',
    takes: { kind: 'switch' },
    help: 'removes the images that containers were started from; the next such run makes one again',
    commands: ['clean'],
  },
  {
    name: 'dry-run',
    short: 'n',
    takes: { kind: 'switch' },
    help: 'only says what would be read, in how many tasks, and what would not and why; exit code 3 where that would not be complete',
    commands: running,
  },
  {
    name: 'detach',
    takes: { kind: 'switch' },
    help: 'lets the run go on by itself once it has begun, whatever becomes of the terminal; writes its id',
    commands: goingOn,
  },
  {
    name: 'events',
    takes: { kind: 'text', placeholder: 'FILE' },
    help: 'writes what happens to FILE as it happens, one JSON object a line; overwrites it',
    commands: ['run', 'resume', 'chaos'],
  },
  {
    name: 'rows',
    takes: { kind: 'count', placeholder: 'N', least: 0 },
    help: 'rows of each table to show. Default: 5',
    commands: reporting,
  },
  {
    name: 'serve',
    takes: { kind: 'switch' },
    help: 'serves the page while the run goes on, as `tallyman serve` does',
    commands: goingOn,
  },
  {
    name: 'port',
    takes: { kind: 'count', placeholder: 'N', least: 1, most: 65_535 },
    help: 'port that the page, or the app, listens at. Default: your user id, or the next of its series that is free',
    commands: ['run', 'resume', 'serve', 'up', 'manifest'],
  },
  {
    name: 'port',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'port over there that is led to. Default: that of your page which was served last, else your own port',
    commands: ['tunnel'],
  },
  {
    name: 'link',
    takes: { kind: 'text', placeholder: 'LINK' },
    help: 'the page is that of a link which `tallyman serve` printed; nothing is asked over there',
    commands: ['tunnel'],
  },
  {
    name: 'local-port',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'port of this computer. Default: the same number, or another one where that is taken',
    commands: ['tunnel'],
  },
  {
    name: 'ssh-port',
    short: 'p',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'for ssh: port of the ssh server',
    commands: ['tunnel'],
  },
  {
    name: 'jump',
    short: 'J',
    takes: { kind: 'text', placeholder: 'USER@HOST' },
    help: 'for ssh: goes by this host',
    commands: ['tunnel'],
  },
  {
    name: 'identity',
    short: 'i',
    takes: { kind: 'text', placeholder: 'FILE' },
    help: 'for ssh: file of the private key',
    commands: ['tunnel'],
  },
  {
    name: 'ssh-option',
    short: 'o',
    takes: { kind: 'text', placeholder: 'NAME=VALUE', repeat: true },
    help: 'for ssh: an option as in its configuration',
    commands: ['tunnel'],
  },
  {
    name: 'no-open',
    takes: { kind: 'switch' },
    help: 'opens no browser',
    commands: ['tunnel'],
  },
  {
    name: 'app',
    takes: { kind: 'switch' },
    help: 'writes a web app, and no job',
    commands: ['new'],
  },
  {
    name: 'watch',
    takes: { kind: 'switch' },
    help: 'serves the app anew when one of its files was changed',
    commands: ['serve'],
  },
  {
    name: 'public',
    takes: { kind: 'switch' },
    help: 'listens at every address of the machine, not at loopback alone; takes --allow-host as well',
    commands: ['serve'],
  },
  {
    name: 'allow-host',
    takes: { kind: 'text', placeholder: 'NAME', repeat: true },
    help: 'answers to this name of the machine beside localhost',
    commands: ['serve'],
  },
  {
    name: 'quiet',
    short: 'q',
    takes: { kind: 'switch' },
    help: 'says nothing but the digest, or what went wrong',
    commands: reporting,
  },
  {
    name: 'json',
    takes: { kind: 'switch' },
    help: 'writes JSON to stdout, for programs',
    commands: [
      'run',
      'resume',
      'runs',
      'show',
      'attach',
      'serve',
      'tunnel',
      'up',
      'ps',
      'down',
      'stop',
      'new',
      'explain',
      'logs',
      'query',
      'plot',
      'report',
      'verify',
      'diff',
      'doctor',
      'clean',
    ],
  },
  { name: 'help', short: 'h', takes: { kind: 'switch' }, help: 'shows this page' },
]

/** The flags a command takes, in the table's order. */
export function flagsOf(command: string): readonly Flag[] {
  return flags.filter(({ commands }) => commands === undefined || commands.includes(command))
}
