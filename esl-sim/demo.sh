#!/bin/sh
# A simulated switch with calls that come and go, and the monitor on it; both end by themselves, or on Ctrl-C.
# Usage: demo.sh FOLDER-OF-THE-PROGRAMS [SECONDS]
set -eu
programs=$1
seconds=${2:-30}

port=$(mktemp)
"$programs/esl-switch" --listen 127.0.0.1:0 --calls-per-second 1 --seconds $((seconds + 5)) > "$port" &
switch=$!
trap 'kill $switch 2> /dev/null || :; rm -f "$port"' EXIT
trap 'exit 0' INT TERM
echo "A simulated FreeSWITCH with calls that come and go, and a monitor on it: $seconds seconds, or until Ctrl-C."

# It says where it listens as soon as it does.
tries=100
until grep -q listening "$port"; do
    tries=$((tries - 1))
    if [ $tries = 0 ] || ! kill -0 $switch; then
        echo "demo: the switch does not listen" >&2
        exit 1
    fi
    sleep 0.1
done
"$programs/examples/monitor" "$(sed -n 's/^listening on //p' "$port")" --once-for "$seconds"
