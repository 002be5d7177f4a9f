#!/usr/bin/env bash
# The pipeline of the textbook, with as many sorting threads as asked for: with_sort.sh THREADS FILE…
set -euo pipefail
export LC_ALL=C
cat "${@:2}" | tr ' ' '\n' | sort --parallel="$1" --buffer-size=1G | uniq --count |
  sed -E 's/["\\]/\\&/g; s/^ *([0-9]+) (.*)$/{"key":"\2","value":\1}/'
