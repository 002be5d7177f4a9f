/** The one table of flags: the parser, `--help`, the man page and the shell completions are made of it. */

import { chartKinds } from '../job/index.ts'
import { tableFormats } from '../result/index.ts'
import { isolations } from '../run/index.ts'
import { answerFormats } from './answer-format.ts'
import type { Flag } from './flag.ts'

const running = ['run']
const resuming = ['resume']
const goingOn = ['run', 'resume']
/** Commands that end as a run does. */
const reporting = ['run', 'resume', 'attach']
/** Options that say what is run, and not how: a run that is disturbed on purpose takes them as well. */
const chosen = ['run', 'chaos']

export const flags: readonly Flag[] = [
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'DIR' },
    help: 'directory for the result: a new one, or one with an older result of this job. "-" writes the rows to stdout. Default: result/ in the run\'s directory',
    commands: running,
  },
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'DIR' },
    help: 'directory for the result; "-" writes the rows to stdout. Default: the one the run was started with',
    commands: resuming,
  },
  {
    name: 'format',
    takes: { kind: 'choice', choices: tableFormats },
    help: 'form of the tables. Default: jsonl',
    commands: running,
  },
  {
    name: 'format',
    takes: { kind: 'choice', choices: tableFormats },
    help: 'form of the tables. Default: the one the run was started with',
    commands: resuming,
  },
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'FILE' },
    help: 'file for the answer, which is overwritten; its ending says the form. Default: stdout',
    commands: ['query'],
  },
  {
    name: 'format',
    takes: { kind: 'choice', choices: answerFormats },
    help: 'form of the answer. Default: as the ending of the file says, table on stdout',
    commands: ['query'],
  },
  {
    name: 'rows',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'rows that a table shows at most. Default: 40',
    commands: ['query'],
  },
  {
    name: 'memory',
    short: 'm',
    takes: { kind: 'size', placeholder: 'SIZE' },
    help: 'memory for tables and query; what does not fit is on disk meanwhile. Default: 1G',
    commands: ['query'],
  },
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'PLACE' },
    help: 'directory for the pictures, or a file for the only one: its ending, .png or .svg, says the form. What was there of that name is overwritten. Default: plots',
    commands: ['plot'],
  },
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'FILE' },
    help: 'the file, which is overwritten. Default: report.html',
    commands: ['report'],
  },
  {
    name: 'format',
    takes: { kind: 'choice', choices: ['png', 'svg', 'both'] },
    help: 'form of the pictures. Default: png',
    commands: ['plot'],
  },
  {
    name: 'text',
    takes: { kind: 'switch' },
    help: 'draws in the terminal, and writes no files',
    commands: ['plot'],
  },
  {
    name: 'kind',
    takes: { kind: 'choice', choices: chartKinds },
    help: 'draws a chart of this kind, and not those of the job',
    commands: ['plot'],
  },
  {
    name: 'table',
    takes: { kind: 'text', placeholder: 'TABLE' },
    help: 'table that is drawn. Default: the only one',
    commands: ['plot'],
  },
  {
    name: 'x',
    takes: { kind: 'text', placeholder: 'COLUMN' },
    help: 'column of the bars, of the axis of lines, of countries, or of the columns of a heat map',
    commands: ['plot'],
  },
  {
    name: 'y',
    takes: { kind: 'text', placeholder: 'COLUMN' },
    help: 'column of the rows of a heat map',
    commands: ['plot'],
  },
  {
    name: 'series',
    takes: { kind: 'text', placeholder: 'COLUMN' },
    help: 'column with a line, or a part of each bar, for each of its values',
    commands: ['plot'],
  },
  {
    name: 'facet',
    takes: { kind: 'text', placeholder: 'COLUMN' },
    help: 'column with a small picture for each of its values',
    commands: ['plot'],
  },
  {
    name: 'value',
    takes: { kind: 'text', placeholder: 'NAME' },
    help: 'property of the value that is drawn. Default: the value itself',
    commands: ['plot'],
  },
  {
    name: 'where',
    takes: { kind: 'text', placeholder: 'COLUMN=VALUE', repeat: true },
    help: 'only rows with this value in this column, instead of what the chart of the job says of it; several of one column are alternatives',
    commands: ['plot'],
  },
  {
    name: 'top',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'how many bars, lines, or rows and columns; the others are added up. Default: 10 bars, 8 lines, 30 rows',
    commands: ['plot'],
  },
  {
    name: 'bins',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'how many bins a histogram has. Default: as many as suit the number of rows',
    commands: ['plot'],
  },
  {
    name: 'stacked',
    takes: { kind: 'switch' },
    help: 'draws lines as areas on top of each other',
    commands: ['plot'],
  },
  {
    name: 'log',
    takes: { kind: 'switch' },
    help: 'draws amounts on a logarithmic scale',
    commands: ['plot'],
  },
  {
    name: 'title',
    takes: { kind: 'text', placeholder: 'TEXT' },
    help: 'title of the picture. Default: what is drawn, in words',
    commands: ['plot'],
  },
  {
    name: 'unit',
    takes: { kind: 'text', placeholder: 'TEXT' },
    help: 'what is counted, for the axis: tweets. Default: name of the value',
    commands: ['plot'],
  },
  {
    name: 'param',
    short: 'p',
    takes: { kind: 'text', placeholder: 'NAME=VALUE', repeat: true },
    help: 'a parameter of the job; `tallyman run JOB --help` lists them',
    commands: chosen,
  },
  {
    name: 'expect',
    takes: { kind: 'text', placeholder: 'FROM..TO' },
    help: 'first and last day, as 2020-01-01..2020-12-31: each day must have an input. Default: what the job expects',
    commands: chosen,
  },
  {
    name: 'accept',
    takes: { kind: 'text', placeholder: 'NAME', repeat: true },
    help: 'goes on without this file, archive member or day, which is missing or damaged; the result says so',
    commands: ['run', 'resume', 'chaos'],
  },
  {
    name: 'max-bad',
    takes: { kind: 'text', placeholder: 'N|P%' },
    help: 'how many rejected records are tolerated: a number, or a share of all such as 0.1%. Default: 0',
    commands: running,
  },
  {
    name: 'max-bad',
    takes: { kind: 'text', placeholder: 'N|P%' },
    help: 'how many rejected records are tolerated: a number, or a share of all such as 0.1%. Default: as before',
    commands: resuming,
  },
  {
    name: 'isolation',
    takes: { kind: 'choice', choices: isolations },
    help: 'what a worker is: a process of its own, or a thread in one. Default: process',
    commands: running,
  },
  {
    name: 'workers',
    short: 'w',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'number of workers. Default: one for each core this process may use',
    commands: running,
  },
  {
    name: 'memory',
    short: 'm',
    takes: { kind: 'size', placeholder: 'SIZE' },
    help: 'memory for the whole run, as 512M or 2G. Default: 60% of what is available',
    commands: running,
  },
  {
    name: 'split',
    takes: { kind: 'size', placeholder: 'SIZE', words: ['whole'] },
    help: 'longest piece of a plain file that one task reads, or "whole"; gzip files are cut between members. The result is the same. Default: 32M',
    commands: running,
  },
  {
    name: 'spill',
    takes: { kind: 'size', placeholder: 'SIZE' },
    help: 'most a map task holds in memory before it writes that down; the result is the same. Default: what --memory has room for',
    commands: running,
  },
  {
    name: 'attempts',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'how often a task is tried, where trying again may help, before the run fails. Default: 3',
    commands: running,
  },
  {
    name: 'task-timeout',
    takes: { kind: 'count', placeholder: 'SECONDS', least: 1 },
    help: 'an attempt that makes no progress for so long is ended and tried again; loading a job has 30 seconds at least. Default: 600',
    commands: running,
  },
  {
    name: 'impolite',
    takes: { kind: 'switch' },
    help: 'takes all it can get: no low priority, no pauses for others; for a machine of your own',
    commands: running,
  },
  {
    name: 'no-speculation',
    takes: { kind: 'switch' },
    help: 'begins no task a second time that is much slower than its peers, even where a worker is idle',
    commands: running,
  },
  {
    name: 'no-reuse',
    takes: { kind: 'switch' },
    help: 'does every task again, whatever earlier runs kept',
    commands: running,
  },
  {
    name: 'hash-inputs',
    takes: { kind: 'switch' },
    help: 'knows inputs that were read before by their content, which is read for it, not by size, time and inode',
    commands: running,
  },
  {
    name: 'keep',
    takes: { kind: 'size', placeholder: 'SIZE' },
    help: 'how much of what map tasks wrote is kept for later runs, the oldest freed first. Default: 10G',
    commands: running,
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
    name: 'follow',
    short: 'f',
    takes: { kind: 'switch' },
    help: 'goes on with what is printed until the run ends',
    commands: ['logs'],
  },
  {
    name: 'now',
    takes: { kind: 'switch' },
    help: 'gives up what has begun, and does not wait for it',
    commands: ['stop'],
  },
  {
    name: 'kept',
    takes: { kind: 'switch' },
    help: 'frees what map tasks wrote for later runs',
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
    name: 'rows',
    takes: { kind: 'count', placeholder: 'N', least: 0 },
    help: 'rows of each table to show. Default: 10; of one table all',
    commands: ['show'],
  },
  {
    name: 'table',
    takes: { kind: 'text', placeholder: 'TABLE' },
    help: 'shows the rows of this table. Default: the only one',
    commands: ['show'],
  },
  {
    name: 'top',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'shows the N rows that are largest by the column that --by names',
    commands: ['show'],
  },
  {
    name: 'by',
    takes: { kind: 'text', placeholder: 'COLUMN' },
    help: 'column that rows are sorted by, largest first: value, a property of it, or an element of the key. Default: value',
    commands: ['show'],
  },
  {
    name: 'where',
    takes: { kind: 'text', placeholder: 'COLUMN=VALUE', repeat: true },
    help: 'only rows with this value in this column; several of one column are alternatives',
    commands: ['show'],
  },
  {
    name: 'rows',
    takes: { kind: 'count', placeholder: 'N', least: 0 },
    help: 'changed rows of each table to show. Default: 10',
    commands: ['diff'],
  },
  {
    name: 'serve',
    takes: { kind: 'switch' },
    help: 'serves the page while the run goes on, as `tallyman serve` does',
    commands: goingOn,
  },
  {
    name: 'port',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'port that the page listens at. Default: your user id, or the next of its series that is free',
    commands: ['run', 'resume', 'serve'],
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
