#!/usr/bin/env bash
# jq over blocks of the file on so many cores as asked for: with_jq.sh JOBS FILE…
set -euo pipefail

rows='["hours", [.time[:13], .status], 1], ["methods", .method, 1], ["hosts", .host, .bytes] | "\(.[:2] | tojson)\t\(.[2])"'

if [ "$1" = --one ]; then
  jq --raw-output "$rows" |
    awk -F '\t' '{ sums[$1] += $2 } END { for (row in sums) printf "%s\t%.0f\n", row, sums[row] }'
  exit
fi

for file in "${@:2}"; do
  parallel --will-cite --jobs "$1" --pipe-part --block -1 --arg-file "$file" "$0" --one
done |
  awk -F '\t' '
    { sums[$1] += $2 }
    END { for (row in sums) {
      table = row; sub(/^\["/, "", table); sub(/".*/, "", table)
      key = row; sub(/^\["[a-z]*",/, "", key); sub(/\]$/, "", key)
      printf "{\"table\":\"%s\",\"key\":%s,\"value\":%.0f}\n", table, key, sums[row]
    } }
  '
