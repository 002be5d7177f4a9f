/** The names that Spark itself takes for those of secrets, and shows nowhere (`spark.redaction.regex`). */
const secretName = /secret|password|token|access[.]?key/i

/** Is the value of this property of Spark's one that nobody is to read? */
export function isSecretProperty(name: string): boolean {
  return secretName.test(name)
}
