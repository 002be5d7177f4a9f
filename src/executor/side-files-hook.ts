/** Key of the registered symbol under which a worker has what makes modules of the file system tell what a job reads. */
export const sideFilesHook = 'tallyman.side-files'
