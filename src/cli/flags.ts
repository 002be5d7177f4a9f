/** The one table of flags: the parser, `--help`, the man page and the shell completions are made of it. */

import { tableFormats } from '../result/index.ts'

/** What a flag takes. */
export type FlagKind =
  | { readonly kind: 'switch' }
  /** Any text; `repeat` collects several. */
  | { readonly kind: 'text'; readonly placeholder: string; readonly repeat?: true }
  /** A whole number from `least`. */
  | { readonly kind: 'count'; readonly placeholder: string; readonly least: number }
  /** Bytes, with K, M, G or T for powers of 1024. */
  | { readonly kind: 'size'; readonly placeholder: string; readonly words?: readonly string[] }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

export interface Flag {
  /** Without the dashes. */
  readonly name: string
  /** One letter, without the dash. */
  readonly short?: string
  readonly takes: FlagKind
  /** What it does, as the rest of a sentence; the default last. */
  readonly help: string
  /** Commands that take it; absent: all. */
  readonly commands?: readonly string[]
}

const running = ['run']
const goingOn = ['run', 'resume']

export const flags: readonly Flag[] = [
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'DIR' },
    help: 'where the result goes; "-" writes its rows to stdout as well. Default: result/ in the run\'s directory',
    commands: goingOn,
  },
  {
    name: 'format',
    takes: { kind: 'choice', choices: tableFormats },
    help: 'form of the tables. Default: jsonl',
    commands: goingOn,
  },
  {
    name: 'param',
    short: 'p',
    takes: { kind: 'text', placeholder: 'NAME=VALUE', repeat: true },
    help: "sets one of the job's parameters; `tallyman run JOB --help` lists them",
    commands: running,
  },
  {
    name: 'expect',
    takes: { kind: 'text', placeholder: 'FROM..TO' },
    help: 'days (YYYY-MM-DD..YYYY-MM-DD) that must each have an input; overrides what the job expects',
    commands: running,
  },
  {
    name: 'accept',
    takes: { kind: 'text', placeholder: 'NAME', repeat: true },
    help: 'a file, archive member or day that is missing or damaged, to be done without; the result says so',
    commands: goingOn,
  },
  {
    name: 'max-bad',
    takes: { kind: 'text', placeholder: 'N|P%' },
    help: 'how many rejected records are tolerated, as a number or a share of all. Default: 0',
    commands: goingOn,
  },
  {
    name: 'isolation',
    takes: { kind: 'choice', choices: ['process', 'thread'] },
    help: 'what workers are: processes, or threads of one process. Default: process',
    commands: running,
  },
  {
    name: 'workers',
    short: 'w',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'how many workers there are. Default: one for each core this process may use',
    commands: running,
  },
  {
    name: 'memory',
    short: 'm',
    takes: { kind: 'size', placeholder: 'SIZE' },
    help: 'memory of the whole run, for example 2G. Default: 60 % of what is available',
    commands: running,
  },
  {
    name: 'split',
    takes: { kind: 'size', placeholder: 'SIZE', words: ['whole'] },
    help: 'longest piece of a plain file that one task reads, or "whole". Changes no result. Default: 32M',
    commands: running,
  },
  {
    name: 'attempts',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'how often a task is tried before the run fails, where trying again may help. Default: 3',
    commands: running,
  },
  {
    name: 'dry-run',
    short: 'n',
    takes: { kind: 'switch' },
    help: 'says what would be read, in how many tasks, and what would not and why; reads no record',
    commands: running,
  },
  {
    name: 'events',
    takes: { kind: 'text', placeholder: 'FILE' },
    help: 'writes each event of the run to FILE, one JSON object a line',
    commands: goingOn,
  },
  {
    name: 'rows',
    takes: { kind: 'count', placeholder: 'N', least: 0 },
    help: 'rows of each table to show. Default: 5',
    commands: ['run', 'resume', 'show'],
  },
  {
    name: 'quiet',
    short: 'q',
    takes: { kind: 'switch' },
    help: 'says nothing but the digest, and what went wrong',
    commands: goingOn,
  },
  {
    name: 'json',
    takes: { kind: 'switch' },
    help: 'writes what it has to say to stdout as JSON',
    commands: ['run', 'resume', 'runs', 'show', 'new'],
  },
  { name: 'help', short: 'h', takes: { kind: 'switch' }, help: 'shows this' },
]

/** The flags a command takes, in the table's order. */
export function flagsOf(command: string): readonly Flag[] {
  return flags.filter(({ commands }) => commands === undefined || commands.includes(command))
}

/** What a flag is followed by, as help shows it; empty for a switch. */
export function placeholderOf({ takes }: Flag): string {
  switch (takes.kind) {
    case 'switch':
      return ''
    case 'choice':
      return takes.choices.join('|')
    default:
      return takes.placeholder
  }
}
