/**
 * What lies where in the kernel's memory, and what the words in it mean. There is no heap and no runtime: memory is cut into
 * fixed parts.
 *
 *     nodes     8 bytes each   first edge, number of edges            objects on the way to wanted values; node 0 wants nothing
 *     edges    16 bytes each   name's address, its length, below      a wanted property; `below` is the node its object is, or 0
 *     names                    the properties' names, UTF-8
 *     levels   24 bytes each   see `scanRecord`                       the containers that are open
 *     tokens   32 bytes each   see `names`                            names met before, with what is around them
 *     spelt                    what tokens are spelt like
 *     rows     3 words, and 3 for each edge                           what was found: where the line begins and ends, whether it
 *                                                                     is sure; of each edge kind, start and end
 *     plain                    a string without its escapes
 *     shorts   16 bytes each   short strings that were wanted, with zeros after them: no string has a zero
 *     text                     the chunk at hand, and zeros after it
 *
 * The text is followed by zeros, which are valid nowhere in JSON. So reading on behind the line's end is harmless: at
 * its end the scan compares where it is with where it should be.
 */

/** Addresses, read by the host. */
export const nodes: usize = 1024
export const edges: usize = 2048
export const names: usize = 4096
export const levels: usize = 20480
export const tokens: usize = 24576
export const spelt: usize = 57344
export const rows: usize = 98304
export const rowsEnd: usize = 229376
export const plain: usize = 229376
export const shorts: usize = 294912
export const text: usize = 425984

/** Deeper lines are left to the slow decoder. */
export const levelsMax: i32 = 128
export const levelBytes: usize = 24
export const levelsEnd: usize = levels + <usize>levelsMax * levelBytes
export const foundBytes: usize = 12
/** Where a line begins and ends, and whether it is sure to be an object; then what was found of each edge. */
export const rowBytes: usize = 12
export const tokenBytes: usize = 32

/** Kinds of values; the host has the same list. 0: the property is not there. */
export const isNull: i32 = 1
export const isTrue: i32 = 2
export const isFalse: i32 = 3
export const isNumber: i32 = 4
/** A string of ASCII without escapes; 6 holds other characters, 7 holds escapes. */
export const isPlainString: i32 = 5
export const isWideString: i32 = 6
export const isEscapedString: i32 = 7
export const isObject: i32 = 8
export const isArray: i32 = 9

/** A string of ASCII of 1 to 15 bytes that stands among the short ones: instead of where it starts, which it is. */
export const isShortString: i32 = 10
/** A whole number of at most nine digits: instead of where it starts, its value. */
export const isShortInteger: i32 = 11

export const noEdge: i32 = -1
