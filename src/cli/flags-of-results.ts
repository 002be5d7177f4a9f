/** Flags of what looks at results: query, plot, report, show, diff. */

import { chartKinds } from '../job/index.ts'
import { answerFormats } from './answer-format.ts'
import type { Flag } from './flag.ts'

/** In the order in which help shows them, after those of runs. */
export const flagsOfResults: readonly Flag[] = [
  {
    name: 'out',
    short: 'o',
    takes: { kind: 'text', placeholder: 'FILE' },
    help: 'file for the answer, which is overwritten; its ending says the form: .csv, .tsv, .json, .jsonl or .parquet (csv without one). Default: stdout',
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
    help: 'the file, which is overwritten; it is HTML. "-" writes it to stdout. Default: report.html',
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
    name: 'job',
    takes: { kind: 'text', placeholder: 'JOB' },
    help: 'takes charts, names of columns and description of this job file as it is now, not as it was when the result was made; nothing is run again for it',
    commands: ['plot', 'report'],
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
    name: 'so-far',
    takes: { kind: 'switch' },
    help: 'shows what the tables of a run that is mapping would be by now, largest values first: no result',
    commands: ['show'],
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
    help: 'column that rows are sorted by, largest first: value, a property of it, or an element of the key. Default: value; where that has properties, one must be named',
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
]
