import { edges, nodes, noEdge, rows, spelt, tokenBytes, tokens } from './memory'

/**
 * Names of properties, and what is wanted of them.
 *
 * Records of one source have the same names in nearly the same order. So each name is kept as a token, spelt from its first
 * quote to where its value begins (`"lang": `), with the token that came after it: what is equal to a token's bytes needs no
 * look at its characters any more, and is known to be a wanted name or not. Tokens form a tree as the objects do, since
 * what a name means depends on where it stands.
 *
 *     token    address and length of its spelling, edge, below, next token of the object, first token of the
 *              object that is its value, first token of objects that are elements of its value
 */

/** Room for one more spelling, and for looking at 16 bytes of it. */
const speltEnd: usize = rows - 128
const tokensEnd: usize = spelt
/** A longer name with what is around it is no token. The zeros behind the text are as many. */
const speltBytesMax: usize = 64
/** How many tokens after the one that was expected are tried. */
const triesMax: i32 = 8
/** And how many from the first on: an object whose names are data has ever more of them. */
const listMax: i32 = 64

/** The edge the property at hand belongs to, and the node below it; what `follow` finds. */
export let edge: i32 = noEdge
export let below: i32 = 0
/** Where the next token and its spelling go. The first token is that of the records themselves. */
let tokenAt: usize = tokens + tokenBytes
let speltAt: usize = spelt

/** Sets `edge` and `below` to what belongs to the name `[start, end)` in an object of this node. */
export function follow(node: i32, start: usize, end: usize): void {
  edge = noEdge
  below = 0
  const bytes = <u32>(end - start)
  const first = load<i32>(nodes + (<usize>node << 3))
  const last = first + load<i32>(nodes + (<usize>node << 3), 4)
  for (let index = first; index < last; index++) {
    const at = edges + (<usize>index << 4)
    if (load<u32>(at, 4) != bytes || !isSame(load<usize>(at), start, bytes)) continue
    edge = index
    below = load<i32>(at, 8)
    return
  }
}

// @ts-ignore: decorator
@inline
function isSame(a: usize, b: usize, bytes: u32): bool {
  for (let index: u32 = 0; index < bytes; index++) {
    if (load<u8>(a + index) != load<u8>(b + index)) return false
  }
  return true
}

/** Whether the token's bytes are those at `at`. */
// @ts-ignore: decorator
@inline
export function matches(token: usize, at: usize): bool {
  const spelling = load<usize>(token)
  const bytes = load<u32>(token, 4)
  const equal = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(spelling)))
  if (bytes <= 16) return (~equal & ((1 << bytes) - 1)) == 0
  if (equal != 0xffff) return false
  for (let index: u32 = 16; index < bytes; index += 16) {
    const from = min(index, bytes - 16)
    if (!i8x16.all_true(i8x16.eq(v128.load(at + from), v128.load(spelling + from)))) return false
  }
  return true
}

/** The token at `at` in the list that begins at `head`, from the expected one on, and then all of them; 0: none. */
export function findToken(head: usize, expected: usize, at: usize): usize {
  let token = expected
  for (let tries = 0; tries < triesMax && token != 0; tries++) {
    if (matches(token, at)) return token
    token = load<usize>(token, 16)
  }
  token = load<usize>(head)
  for (let tries = 0; tries < listMax && token != 0; tries++) {
    if (matches(token, at)) return token
    token = load<usize>(token, 16)
  }
  return 0
}

/** Makes a token of `[start, end)`, with `edge` and `below`, behind `before` or at the head of the list; 0: no room. */
export function addToken(head: usize, before: usize, start: usize, end: usize): usize {
  const bytes = end - start
  if (bytes > speltBytesMax || tokenAt == tokensEnd || speltAt > speltEnd) return 0
  const token = tokenAt
  tokenAt += tokenBytes
  const link = before == 0 ? head : before + 16
  store<usize>(token, speltAt)
  store<u32>(token, <u32>bytes, 4)
  store<i32>(token, edge, 8)
  store<i32>(token, below, 12)
  store<usize>(token, load<usize>(link), 16)
  store<u64>(token, 0, 20)
  store<usize>(link, token)
  memory.copy(speltAt, start, bytes)
  speltAt += bytes
  return token
}

/** Forgets all tokens. To be called when nodes and edges have changed: tokens have learnt from them. */
export function forgetTokens(): void {
  tokenAt = tokens + tokenBytes
  speltAt = spelt
  memory.fill(tokens, 0, tokenBytes)
}
