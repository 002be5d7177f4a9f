/** Something that is wrong with a result. */
export interface Finding {
  readonly kind: /** A file that the manifest names is not there. */
    | 'missing'
    /** A file is there that the manifest does not name. */
    | 'stray'
    /** A file's bytes are not those that were written. */
    | 'changed'
    /** A file cannot be read. */
    | 'unreadable'
    /** A line is no row. */
    | 'row'
    /** The rows are not as many as the manifest says. */
    | 'rows'
    /** A key does not come after the one before it. */
    | 'order'
    /** The digest over the rows is not the one the manifest says. */
    | 'digest'
    /** The manifest contradicts itself, or the run's journal. */
    | 'claim'
  /** In the result's directory. */
  readonly file: string
  /** A whole sentence that begins with the file. */
  readonly message: string
}
