/** Flags that say what a run does, and how. */

import { tableFormats } from '../result/index.ts'
import { isolations } from '../run/index.ts'
import type { Flag } from './flag.ts'

const running = ['run']
/** What a run is started with in a container elsewhere, too. */
const described = ['run', 'manifest']
const resuming = ['resume']
/** Commands that run a job: a run that is disturbed on purpose takes what says which one as well. */
const chosen = ['run', 'chaos', 'manifest']

/** In the order in which help shows them, before all others. */
export const flagsOfRun: readonly Flag[] = [
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'DIR' },
    help: 'directory for the result: a new one, or one with an older result of this job. "-" writes the rows to stdout. Default: result/ in the run\'s directory',
    commands: described,
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
    commands: described,
  },
  {
    name: 'format',
    takes: { kind: 'choice', choices: tableFormats },
    help: 'form of the tables. Default: the one the run was started with',
    commands: resuming,
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
    commands: ['run', 'resume', 'chaos', 'manifest'],
  },
  {
    name: 'max-bad',
    takes: { kind: 'text', placeholder: 'N|P%' },
    help: 'how many rejected records are tolerated: a number, or a share of all such as 0.1%. Default: 0',
    commands: described,
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
    help: 'what a worker is: a process of its own, a thread in one, or a container, which reaches nothing but its inputs. Default: process',
    commands: running,
  },
  {
    name: 'isolation',
    takes: { kind: 'choice', choices: isolations },
    help: 'what workers are. Default: processes or threads, as chance chooses',
    commands: ['chaos'],
  },
  {
    name: 'image',
    takes: { kind: 'text', placeholder: 'NAME' },
    help: 'image with Node and a shell that containers are started from. Default: one that is made of the Node that runs tallyman',
    commands: running,
  },
  {
    name: 'image',
    takes: { kind: 'text', placeholder: 'NAME' },
    help: 'image with tallyman. Default: localhost/tallyman and the version',
    commands: ['manifest'],
  },
  {
    name: 'on',
    takes: { kind: 'text', placeholder: 'MASTER' },
    help: 'has Apache Spark do the tasks: local[2], spark://HOST:7077, yarn, k8s://…, as spark-submit --master takes it. The result is the same',
    commands: running,
  },
  {
    name: 'on',
    takes: { kind: 'text', placeholder: 'spark' },
    help: 'writes what has Apache Spark do the tasks in pods: spark for the cluster that it is in, or k8s://https://HOST:PORT',
    commands: ['manifest'],
  },
  {
    name: 'spark-home',
    takes: { kind: 'text', placeholder: 'DIR' },
    help: 'where Spark is installed. Default: $SPARK_HOME, the spark-submit in PATH, or an installed pyspark',
    commands: running,
  },
  {
    name: 'spark-conf',
    takes: { kind: 'text', placeholder: 'NAME=VALUE', repeat: true },
    help: 'a property of Spark, over what is set for it; for example spark.executor.cores=4. docs/spark.md says where secrets go',
    commands: described,
  },
  {
    name: 'spark-pack',
    takes: { kind: 'text', placeholder: 'FILE' },
    help: 'archive to ship to executors, with their Node, instead of the one that is made with this one',
    commands: running,
  },
  {
    name: 'deploy-mode',
    takes: { kind: 'choice', choices: ['client', 'cluster'] },
    help: "where Spark's driver runs: here, or on the cluster, which then has to see the run's directory. Default: client",
    commands: running,
  },
  {
    name: 'workers',
    short: 'w',
    takes: { kind: 'count', placeholder: 'N', least: 1 },
    help: 'number of workers; on a cluster of Spark, of cores. Default: one for each core this process may use, and all that Spark gives',
    commands: described,
  },
  {
    name: 'memory',
    short: 'm',
    takes: { kind: 'size', placeholder: 'SIZE' },
    help: 'memory for the whole run, as 512M or 2G. Default: 60% of what is available. On a cluster of Spark: for each worker. Default: 1G',
    commands: described,
  },
  {
    name: 'split',
    takes: { kind: 'size', placeholder: 'SIZE', words: ['whole'] },
    help: 'longest piece of a plain file that one task reads, or "whole"; gzip files are cut between members, or where they were found to begin anew when they were read before. The result is the same. Default: 32M, on Spark more the more there is, up to 256M',
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
]
