#!/usr/bin/env bash
# One node of a Ray that `ray-hosts.sh` starts. It comes over ssh or srun, on standard input, behind
# a line that sets `token`: so that the token is in no command line, and no file need be there.
#
#   bash -s -- head   NAME PYTHON OTHER_HOST [RAY OPTIONS...]
#   bash -s -- worker NAME PYTHON ADDRESS    [RAY OPTIONS...]
#   bash -s -- stop   NAME
#
# Everything is in a folder of this node, for its owner alone. Only what was started in it is ended.
set -euo pipefail
umask 077

word=$1 name=$2
folder=/tmp/shoal-$(id -u)-$name # Ray's sockets lie below, and a socket's path is short

end_session() { # of the process in the file `leader`, if that is still ours
    local leader
    leader=$(cat "$folder/leader" 2>/dev/null) || return 0
    if tr '\0' ' ' 2>/dev/null <"/proc/$leader/cmdline" | grep -qF -- "$folder/"; then
        kill -TERM -- "-$leader" 2>/dev/null || true
        for _ in {1..50}; do
            ps -s "$leader" -o pid= >/dev/null || break
            sleep 0.1
        done
    fi
    # A leader that is gone cannot be taken for another: its number is not used again as a session
    # while a process of the session lives; and each of those must know the folder.
    for process in $(ps -s "$leader" -o pid=); do
        if grep -qF -- "$folder/" "/proc/$process/cmdline" "/proc/$process/environ" 2>/dev/null; then
            kill -KILL "$process" 2>/dev/null || true
        fi
    done
}

if [[ $word == stop ]]; then
    end_session
    rm -rf -- "$folder"
    exit
fi

python=$3 peer=$4
shift 4
if ! mkdir "$folder"; then
    echo "ray-node.sh: $HOSTNAME: $folder is there already: another Ray of this name? stop it first" >&2
    exit 1
fi
printf %s "${token:?}" >"$folder/token"
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$folder/token RAY_USAGE_STATS_ENABLED=0
export AUTOSCALER_METRIC_PORT=0 DASHBOARD_METRIC_PORT=0 RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S=3
unset RAY_ADDRESS RAY_AUTH_TOKEN

options=(--block --disable-usage-stats --log-style=record --dashboard-agent-listen-port=0
    --min-worker-port=0 --max-worker-port=0 --temp-dir="$folder/r") # else the head's path, here, too
if [[ $word == head ]]; then
    # The address by which other hosts know this one; a name may stand for 127.0.1.1 here.
    ip=$("$python" -c '
import socket, sys
for other in sys.argv[1], "192.0.2.1", "127.0.0.1":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect((other, 9))
        except OSError:
            continue
        print(way.getsockname()[0])
        break' "$peer" </dev/null)
    client=$("$python" -c '
import socket
with socket.socket() as free:
    free.bind(("", 0))
    print(free.getsockname()[1])' </dev/null)
    options+=(--head --port=0 --node-ip-address="$ip" --include-dashboard=false
        --ray-client-server-port="$client")
else
    options+=(--address="$peer")
fi

trap 'end_session; rm -rf -- "$folder"' EXIT
trap 'exit 143' TERM HUP INT

serve() { # WORDS...: Ray until it ends
    setsid "$python" -m ray.scripts.scripts start "$@" </dev/null > >(tee "$folder/said") 2>&1 &
    leader=$!
    echo "$leader" >"$folder/leader"
    if [[ $word == head ]]; then
        for _ in {1..1200}; do
            # The port's file is there a moment before somebody listens.
            port=$(cat "$folder"/r/session_latest/gcs_server_port_* 2>/dev/null) || port=
            if [[ $port ]] && (exec 3<>"/dev/tcp/$ip/$port") 2>/dev/null; then
                echo "address=$ip:$port client=$client"
                break
            fi
            kill -0 "$leader" 2>/dev/null || break
            sleep 0.1
        done
    fi
    wait "$leader"
}

serve "${options[@]}" "$@" && exit
ended=$?
# Ray gives a node half a minute to come up: too little for a machine that is busy just then.
grep -q 'timed out during startup' "$folder/said" || exit "$ended"
echo "ray-node.sh: $HOSTNAME: Ray did not come up in time; it is started once more" >&2
end_session
serve "${options[@]}" "$@"
