/** A list of up to so many keeps its room when elements are taken off one by one; setting its length gives the room back. */
const fewMax = 16

/** Empties a list that is filled anew for each record. */
export function empty(list: unknown[]): void {
  if (list.length > fewMax) list.length = 0
  else while (list.length > 0) list.pop()
}
