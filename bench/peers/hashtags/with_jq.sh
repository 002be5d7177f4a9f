#!/usr/bin/env bash
# jq, a file at a time on so many cores as asked for: with_jq.sh JOBS FILE…
set -euo pipefail

# A tweet becomes a line for each row that it counts for.
rows='
  # jq lowers ASCII alone, and the Kelvin sign is a k: "#sicK" is a tag.
  def low: if contains("\u212a") then gsub("\u212a"; "k") else . end | ascii_downcase;
  ["_all", "#coronavirus", "#corona", "#covid19", "#covid-19", "#covid2019", "#covid-2019", "#virus", "#flu", "#sick", "#cough",
    "#sneeze", "#hospital", "#nurse", "#doctor", "#코로나바이러스", "#コロナウイルス", "#冠状病毒"] as $tags
  | select(has("text")) | (.text | low) as $text | .lang as $lang | .place.country_code as $country
  | $tags[] | select(. == "_all" or (. as $tag | $text | contains($tag)))
  | ["lang", ., $lang], ["country", ., $country], ["day", ., $day]
'

if [ "$1" = --one ]; then
  name=${2##*/geoTwitter}
  case $2 in
    *.zip) unzip -p "$2" ;;
    *) cat "$2" ;;
  esac | jq --compact-output --arg day "20${name%.*}" "$rows" | LC_ALL=C sort | uniq --count
  exit
fi

parallel --will-cite --jobs "$1" "$0" --one ::: "${@:2}" |
  awk '
    { count = $1; sub(/^ *[0-9]+ /, ""); counts[$0] += count }
    END { for (row in counts) {
      table = row; sub(/^\["/, "", table); sub(/".*/, "", table)
      key = row; sub(/^\["[a-z]*",/, "[", key)
      printf "{\"table\":\"%s\",\"key\":%s,\"value\":%.0f}\n", table, key, counts[row]
    } }
  '
