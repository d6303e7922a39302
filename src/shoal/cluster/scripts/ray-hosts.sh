#!/usr/bin/env bash
# A Ray of your own on a list of hosts, over ssh or srun, with a token that only you have.
#
#   ray-hosts.sh start [options] HOST [HOST...]     the first host has the head
#   ray-hosts.sh stop [--name NAME]
#
# Options of start; what follows `--` goes to `ray start` on every host (--num-cpus=32 ...):
#   --name NAME       to tell several Rays apart (default: ray); letters and digits, at most 8
#   --hosts FILE      hosts, one a line, in place of arguments
#   --with COMMAND    what runs a command on a host: `ssh` (default) or `srun`, or a command of yours
#                     that takes a host and a command line
#   --python PATH     Python with Ray and Shoal, the same path on every host (default: this one's)
#   --head-ip IP      the head's address for the others (default: the one that leads to them)
#
# Prints what to give to `shoal run`. Stops only what it started.
set -euo pipefail
umask 077

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
name=ray with=ssh python=$(command -v python3) head_ip='' hosts=()

fail() {
    echo "ray-hosts.sh: $*" >&2
    exit 2
}

word=${1:-}
[[ $word == start || $word == stop ]] || fail "expected start or stop, found '${word}'"
shift
while (($#)); do
    case $1 in
    --name) name=$2 && shift 2 ;;
    --hosts) mapfile -t -O "${#hosts[@]}" hosts < <(grep -v '^ *\(#\|$\)' -- "$2") && shift 2 ;;
    --with) with=$2 && shift 2 ;;
    --python) python=$2 && shift 2 ;;
    --head-ip) head_ip=$2 && shift 2 ;;
    --) shift && break ;;
    -*) fail "unknown option $1" ;;
    *) hosts+=("$1") && shift ;;
    esac
done
[[ $name =~ ^[A-Za-z0-9]{1,8}$ ]] || fail "--name $name: expected 1 to 8 letters and digits"
state=${XDG_STATE_HOME:-$HOME/.local/state}/shoal/rays/$name

on() { # HOST WORDS...: runs ray-node.sh there
    local host=$1 line='bash -s --' word
    shift
    for word in "$@"; do
        line+=" '${word//\'/\'\\\'\'}'" # ssh has a shell read its words once more, whichever it is
    done
    {
        printf 'token=%s\n' "$(cat -- "$state/token")"
        cat -- "$here/ray-node.sh"
    } | case $with in
        srun) srun --overlap --nodes=1 --ntasks=1 --nodelist="$host" bash -s -- "$@" ;;
        ssh) ssh -o BatchMode=yes -- "$host" "$line" ;;
        *) "$with" "$host" "$line" ;;
    esac
}

stop() {
    local number pid
    mapfile -t hosts <"$state/hosts"
    with=$(cat -- "$state/with")
    for number in "${!hosts[@]}"; do
        on "${hosts[number]}" stop "$name-$number" ||
            echo "ray-hosts.sh: ${hosts[number]} could not be asked to stop" >&2 &
    done
    wait
    while read -r pid; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done <"$state/pids"
    rm -rf -- "$state"
}

if [[ $word == stop ]]; then
    [[ -f $state/hosts ]] || fail "no Ray of the name $name was started from here"
    stop
    exit
fi

((${#hosts[@]})) || fail "no hosts: name them, or a file with --hosts"
[[ ! -e $state ]] || fail "a Ray of the name $name was started from here: stop it, or take --name"
mkdir -p -- "$state"
trap 'echo "ray-hosts.sh: not started; the last words:" >&2; tail -n 3 "$state"/*.log >&2; stop' EXIT
printf '%s\n' "${hosts[@]}" >"$state/hosts"
echo "$with" >"$state/with"
: >"$state/pids"
head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$state/token"

launch() { # LOG HOST WORDS...: in the background, in a session of its own, so that it outlives us
    local log=$1
    shift
    export -f on
    export with here state
    : >"$state/$log.log"
    setsid bash -c 'on "$@"' _ "$@" </dev/null >>"$state/$log.log" 2>&1 &
    echo $! >>"$state/pids"
    last=$!
}

other=${hosts[1]:-192.0.2.1}
launch head "${hosts[0]}" head "$name-0" "$python" "${head_ip:-$other}" "$@"
head_pid=$last found=
for ((tries = 0; tries < 1200; tries++)); do
    grep -q 'Ray runtime started' "$state/head.log" &&
        found=$(grep '^address=' "$state/head.log" | tail -n 1) && break
    kill -0 "$head_pid" 2>/dev/null || exit 1
    sleep 0.1
done
[[ $found ]] || exit 1
address=${found#address=} client=${address##* client=} address=${address%% *}

for ((number = 1; number < ${#hosts[@]}; number++)); do
    launch "worker$number" "${hosts[number]}" worker "$name-$number" "$python" "$address" "$@"
done
for ((tries = 0; tries < 1200; tries++)); do
    up=$(grep -l 'Ray runtime started' "$state"/*.log | wc -l)
    ((up < ${#hosts[@]})) || break
    sleep 0.1
done
trap - EXIT
cat <<END
Ray on $up of ${#hosts[@]} hosts, head at $address. Logs and token: $state
  shoal run SWEEP.toml --address $address --token-path $state/token
  shoal run SWEEP.toml --address ray://${address%:*}:$client --token-path $state/token   (from a machine that is none of them)
  $0 stop --name $name
END
