/**
 * Which test file plays which case, and in what words a job says it here where the case asks for something tallyman has
 * no such thing for: null where it is played to the letter. `every-case.test.ts` holds this against the file of cases, and
 * the types hold the test files against this.
 */

const asFile = 'standard input is a file'
const chained = 'each step is a run, over the table of the run before'
const mapOnly = 'every table is reduced: collect() keeps what the map emits, in its order'

export const plan = {
  counting: {
    'C01-wordfreq': asFile,
    'C02-wordfreq-empty': asFile,
    'C07-wc': `${asFile}; the final hook is flush`,
    'C08-wc-empty': `${asFile}; the final hook is flush`,
    'C09-count-lines-right': null,
    'C10-count-lines-wrong': mapOnly,
    'C11-count-by-file': null,
    'C21-counters': `${chained}; a group and a name are one name, "group/counter_name"`,
    'C22-counter-values': 'a group and a name are one name; a task needs an input, so there is one record',
    'C27-gz-not-split': null,
    'C32-log-sampler': 'values are sorted by their random number in the reducer, not before it',
  },
  commands: {
    'C03-prefilter-grep': `${asFile}; the map runs the command over the whole file`,
    'C04-prefilter-nomatch': `${asFile}; the map runs the command over the whole file`,
    'C05-bad-filter': `${asFile}; the map runs the command over the whole file`,
    'C06-grep': `${asFile}; the map runs the command over the whole file; ${mapOnly}`,
  },
  steps: {
    'C12-most-used': `${asFile}; ${chained}; the side file is read in setup, from the path in a parameter`,
    'C13-most-used-empty': `${asFile}; ${chained}`,
    'C14-next-word': `${asFile}; ${chained}; the reducer sorts; a key has one row, which lists its next words`,
    'C15-group-unsorted': asFile,
    'C16-group-sorted': `${asFile}; the reducer sorts`,
    'C17-sort-case': `${asFile}; the reducer sorts`,
    'C18-no-mapper-step': `${asFile}; ${chained}; the reducer sorts`,
    'C19-mixed-inputs': `${asFile}; ${chained}; ${mapOnly}`,
    'C31-init-hooks': `${asFile}; flush does what the combiner does, and finish what the reducer does`,
    'C33-wet-phone': `${chained}; a raw-file mapper is a map of bytes()`,
  },
  records: {
    'C20-missing-input': null,
    'C23-bad-json': `${asFile}; the map splits lines at tabs; --max-bad is the skip mode`,
    'C24-json-roundtrip': 'an object is no key: its JSON is, and as it is it travels in the value',
    'C25-lines-chunked': 'borders of splits stand for those of chunks; a line comes without its end',
    'C26-lines-no-final-newline': 'borders of splits stand for those of chunks; a line comes without its end',
    'C28-exit-42': asFile,
    'C29-boom': asFile,
    'C30-hidden-outputs': 'the directory is an input',
  },
  year: {
    'C71-course-year': null,
    'C72-course-missing-day': null,
    'C73-course-sparse-series': null,
  },
  files: {
    'C70-course-day': null,
    'C74-bitly-tz': null,
    'C76-sherlock-codecs': 'only .gz is read; each of the others is refused by name, with the way out',
  },
} as const
