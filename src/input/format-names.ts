/** What makes a format, by the names that a job imports. */
export const formatNames: readonly string[] = ['bytes', 'fixedWidth', 'jsonl', 'text']
