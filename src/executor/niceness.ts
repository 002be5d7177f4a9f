/** Priority of every worker: others on a shared server come first, and an idle server gives all it has. */
export const niceness = 10
