/** Elements of a list that make one piece. */
const elementsMax = 1000

/**
 * What `JSON.stringify` gives of plain data, in pieces: of a plan with a hundred thousand inputs the whole text takes more
 * memory than all else the coordinator holds. The last piece of an object that is not empty is its closing brace.
 *
 * @param depth how many objects deep long lists are looked for
 */
export function* jsonPieces(value: unknown, depth = 2): Generator<string> {
  if (Array.isArray(value) && value.length > elementsMax) yield* listPieces(value)
  else if (depth > 0 && isPlainObject(value)) yield* objectPieces(value, depth - 1)
  else yield JSON.stringify(value)
}

function* listPieces(list: readonly unknown[]): Generator<string> {
  for (let at = 0; at < list.length; at += elementsMax) {
    const elements = JSON.stringify(list.slice(at, at + elementsMax)).slice(1, -1)
    yield at === 0 ? `[${elements}` : `,${elements}`
  }
  yield ']'
}

function* objectPieces(object: object, depth: number): Generator<string> {
  let before = '{'
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    yield `${before}${JSON.stringify(name)}:`
    yield* jsonPieces(value, depth)
    before = ','
  }
  yield before === '{' ? '{}' : '}'
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
