#!/usr/bin/env bash
# The count as a pipeline, as careful as its manual asks for: parallel.sh PYTHON OUT FILE…
set -euo pipefail
here=$(dirname "$0")
python=$1 out=$2
shift 2
parts=$(mktemp -d)
export here python parts
count() {
  set -o pipefail
  zcat "$1" | "$python" "$here/parallel_map.py" >"$parts/$(basename "$1").part"
}
export -f count
parallel --will-cite --jobs 2 --retries 3 --halt soon,fail=1 count ::: "$@"
awk -F'\t' '{ sum[$1] += $2 } END { for (word in sum) print word "\t" sum[word] }' "$parts"/*.part >"$out"
rm -r "$parts"
