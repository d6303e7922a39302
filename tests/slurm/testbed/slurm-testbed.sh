#!/usr/bin/env bash
#
# slurm-testbed - a real multi-node Slurm cluster on one Linux machine.
#
#   slurm-testbed up [N] [options]   start a cluster of N nodes n1 .. nN (default 4)
#       --cpus C   CPUs per node in Slurm's eyes (2; not tied to the real ones)
#       --mem M    MiB per node in Slurm's eyes (4000)
#       --gpus G   fake GPUs per node (2): --gres=gpu:G, --gpus=..., CUDA_VISIBLE_DEVICES
#       --qpus Q   fake QPUs per node (1): --gres=qpu:Q
#       --share D  directory below /tmp that the nodes must see (repeatable; they
#                  have a /tmp of their own); the current directory is always shared
#       --extra F  file appended to slurm.conf (later lines win)
#       --track T  cgroup | linuxproc | auto: how Slurm tracks a step's processes
#       --subnet S first three octets of a private /24 (10.198.17)
#   slurm-testbed env                print exports: eval "$(slurm-testbed env)"
#   slurm-testbed status             0: all alive, 1: something is dead, 3: no cluster
#   slurm-testbed exec NODE CMD...   run CMD inside a node
#   slurm-testbed kill NODE|ctl      power loss: silent, no RST, no goodbye (ctl: slurmctld)
#   slurm-testbed boot NODE|ctl      power back
#   slurm-testbed cut NODE           pull the network cable
#   slurm-testbed heal NODE          put it back and let slurmd report at once
#   slurm-testbed down [--purge]     stop all; --purge: also the logs and the safety route
#   slurm-testbed install            install what is missing of Debian's packages, start nothing
#
# Every "node" is a set of Linux namespaces (network, mount, PID, IPC, UTS and,
# where possible, cgroup) with its own IP address, host name, /tmp, /dev/shm,
# process table and slurmd.  All nodes hang on one bridge; the controller
# (slurmctld) and one munged live beside them.  So
#
#   * programs see different hosts with different IPs (Ray, MPI, sockets);
#   * a node can lose its power, its network, or come back;
#   * `ray stop`, `pkill` and the like inside one node can't reach the others.
#
# Needs root and Linux with veth + bridge on Debian 12 (packages are installed
# when missing).  Needs no systemd, no container runtime, no network outside.
# Touches nothing but $SLURM_TESTBED_STATE, the bridge, its route and, while up,
# a missing libpmix.so link (not /etc/slurm, /etc/munge or /etc/hosts).

set -euo pipefail
shopt -s nullglob
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Being called from inside some Slurm job must not leak into this cluster.
for _v in ${!SLURM_@}; do [[ $_v == SLURM_TESTBED_* ]] || unset "$_v"; done

# --------------------------------------------------------------------------
# Settings.  Options of `up` win over the environment; a running cluster's
# settings are kept in $STATE/settings and win over both for other commands.
# --------------------------------------------------------------------------
# Must be world-searchable (munge insists), on a file system that may execute
# (batch scripts run from there; so not /run) and short (UNIX sockets).
STATE=${SLURM_TESTBED_STATE:-/var/lib/slurm-testbed}
NODES=${SLURM_TESTBED_NODES:-4}                     # how many nodes: n1 .. nN
CPUS=${SLURM_TESTBED_CPUS:-2}                       # CPUs that Slurm believes each node has
MEM=${SLURM_TESTBED_MEM:-4000}                      # MiB that Slurm believes each node has
GPUS=${SLURM_TESTBED_GPUS:-2}                       # fake GPUs per node  (--gres=gpu:N)
QPUS=${SLURM_TESTBED_QPUS:-1}                       # fake QPUs per node  (--gres=qpu:N)
SUBNET=${SLURM_TESTBED_SUBNET:-10.198.17}           # first three octets of a /24
BRIDGE=${SLURM_TESTBED_BRIDGE:-stbr0}
TRACK=${SLURM_TESTBED_TRACK:-auto}                  # auto | cgroup | linuxproc
SHARE=${SLURM_TESTBED_SHARE:-}                      # dirs below /tmp that nodes must still see, ':'-separated
EXTRA=${SLURM_TESTBED_EXTRA:-}                      # file appended to slurm.conf

PACKAGES=(slurmctld slurmd slurm-client munge iproute2 procps util-linux)
LOCK=/run/lock/slurm-testbed${STATE//\//-}.lock
SELF=$(readlink -f "${BASH_SOURCE[0]}")
CTL_IP=                                             # set by settings()

# --------------------------------------------------------------------------
# Small helpers
# --------------------------------------------------------------------------
say()  { printf 'slurm-testbed: %s\n' "$*" >&2; }
die()  { say "error: $*"; exit 1; }

settings() { CTL_IP=$SUBNET.254; }
node_ip()  { echo "$SUBNET.$((10 + ${1#n}))"; }
node_names() { local i; for ((i = 1; i <= NODES; i++)); do echo "n$i"; done; }
veth()     { echo "${BRIDGE}-$1"; }                 # the host's end of a node's cable
netns()    { echo "${BRIDGE}-$1"; }

# A pid file holds "PID STARTTIME": a process is ours only when both match, so a
# recycled PID is never signalled.  (Field 22 of /proc/PID/stat; the command
# name in field 2 may hold blanks, hence the cut at the last ')'.)
starttime() {
    local s
    s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    s=${s##*) }
    case $s in Z*|X*) return 1 ;; esac              # a zombie is dead
    # shellcheck disable=SC2086
    set -- $s; echo "${20}"
}
pid_save()  { echo "$2 $(starttime "$2")" >"$STATE/pid/$1"; }
pid_alive() {                                       # prints the PID when alive
    local pid start
    [[ -r $STATE/pid/$1 ]] && read -r pid start <"$STATE/pid/$1" || return 1
    [[ -n $pid && $(starttime "$pid") == "$start" ]] && echo "$pid"
}
pid_kill() {                                        # NAME SIGNAL [SECONDS]
    local pid i
    if pid=$(pid_alive "$1"); then
        kill "-$2" "$pid" 2>/dev/null || true
        for ((i = 0; i < ${3:-5} * 50; i++)); do
            pid_alive "$1" >/dev/null || break
            sleep 0.02
        done
        pid_alive "$1" >/dev/null && { kill -KILL "$pid" 2>/dev/null || true; sleep 0.2; }
    fi
    rm -f "$STATE/pid/$1"
}

wait_for() {                                        # SECONDS COMMAND...
    local end=$((SECONDS + $1)); shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

load() {                                            # of a running cluster
    [[ -r $STATE/settings ]] || die "no cluster here ($STATE/settings is missing): run 'slurm-testbed up'"
    # shellcheck disable=SC1091
    source "$STATE/settings"
    settings
    export SLURM_CONF=$STATE/etc/slurm.conf
}

known_node() {
    if ! [[ $1 =~ ^n[1-9][0-9]*$ ]] || ((${1#n} > NODES)); then die "no node '$1' (n1 .. n$NODES)"; fi
}

# --------------------------------------------------------------------------
# up
# --------------------------------------------------------------------------
install_packages() {
    local missing=() p
    for p in "${PACKAGES[@]}"; do
        dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    # Keep Debian from starting its own daemons while it installs.
    local policy=/usr/sbin/policy-rc.d made=''
    if [[ ! -e $policy ]]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; made=1; fi
    local rc=0 log
    log=$(mktemp)
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || rc=$?
    [[ -z $made ]] || rm -f $policy
    ((rc == 0)) || { tail -n 20 "$log" >&2; rm -f "$log"; die "apt-get failed ($rc)"; }
    rm -f "$log"
}

# proctrack/cgroup kills daemons that left their process tree, as production
# clusters do; it needs a writable cgroup v1 freezer.  Otherwise linuxproc plus
# an epilog that kills a job's leftovers.
pick_tracking() {
    [[ $TRACK == auto ]] || return 0
    TRACK=linuxproc
    if [[ -w /sys/fs/cgroup/freezer/tasks ]] && mkdir -p "/sys/fs/cgroup/freezer/$BRIDGE" 2>/dev/null; then
        TRACK=cgroup
    fi
}

write_config() {
    local n i
    mkdir -p "$STATE"/{etc,pid,log,spool,ctl,munge,key,dev,nodes,shared,epilog}
    chmod 755 "$STATE"; chmod 700 "$STATE/key" "$STATE/ctl"
    chmod 1777 "$STATE/shared"
    [[ -s $STATE/key/munge.key ]] || (umask 077; head -c 128 /dev/urandom >"$STATE/key/munge.key")

    # Fake GPUs: Slurm only wants to see device files (these are /dev/null); the
    # number at the end of the name becomes the index in CUDA_VISIBLE_DEVICES.
    for ((i = 0; i < GPUS; i++)); do
        [[ -c $STATE/dev/fakegpu$i ]] || mknod -m 666 "$STATE/dev/fakegpu$i" c 1 3
    done

    # Debian's Slurm opens libpmix.so, a name that only libpmix-dev (with
    # autoconf and all) would bring: lend it the link while the cluster is up.
    local lib
    lib=/usr/lib/$(uname -m)-linux-gnu/pmix2/lib
    if [[ -e $lib/libpmix.so.2 && ! -e $lib/libpmix.so ]]; then
        ln -s libpmix.so.2 "$lib/libpmix.so"; echo "$lib/libpmix.so" >"$STATE/lent"
    fi

    { echo "127.0.0.1 localhost"; echo "$CTL_IP ctl"
      for n in $(node_names); do echo "$(node_ip "$n") $n"; done; } >"$STATE/etc/hosts"
    : >"$STATE/etc/resolv.conf"                     # no DNS in the nodes: fail at once, not after 10 s

    local types=() gres=()
    : >"$STATE/etc/gres.conf"
    if ((GPUS)); then
        types+=(gpu); gres+=("gpu:fake:$GPUS")
        echo "NodeName=n[1-$NODES] Name=gpu Type=fake File=$STATE/dev/fakegpu[0-$((GPUS - 1))]" >>"$STATE/etc/gres.conf"
    fi
    if ((QPUS)); then
        types+=(qpu); gres+=("qpu:$QPUS")
        echo "NodeName=n[1-$NODES] Name=qpu Count=$QPUS" >>"$STATE/etc/gres.conf"
    fi

    # ConstrainX=no: the cgroups only track processes, they limit nothing.
    printf '%s\n' CgroupPlugin=cgroup/v1 CgroupMountpoint=/sys/fs/cgroup CgroupAutomount=no \
        ConstrainCores=no ConstrainRAMSpace=no ConstrainDevices=no >"$STATE/etc/cgroup.conf"

    cat >"$STATE/etc/slurm.conf" <<CONF
ClusterName=testbed
SlurmctldHost=ctl($CTL_IP)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# cred_expire is also how long a requeued job waits before it may start again.
AuthInfo=socket=$STATE/munge/munge.socket,cred_expire=10
StateSaveLocation=$STATE/ctl
SlurmdSpoolDir=$STATE/spool/%n
SlurmctldPidFile=$STATE/pid/slurmctld.own
SlurmdPidFile=$STATE/pid/slurmd.%n.own
SlurmctldLogFile=$STATE/log/slurmctld.log
SlurmdLogFile=$STATE/log/slurmd.%n.log
SlurmctldDebug=info
SlurmdDebug=info
MailProg=/bin/true
CommunicationParameters=NoCtldInAddrAny
SrunPortRange=60001-63000
ProctrackType=proctrack/$TRACK
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$STATE/log/jobcomp.txt
SwitchType=switch/none
MpiDefault=none
LaunchParameters=enable_nss_slurm
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
Epilog=$STATE/epilog/epilog.sh
# Scheduling: CPUs and memory are counted, not enforced.
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=$((MEM / (CPUS * 2)))
# Short timers, so that failures show within seconds.
SlurmdTimeout=10
SlurmctldTimeout=10
MessageTimeout=5
TCPTimeout=2
KillWait=5
UnkillableStepTimeout=20
BatchStartTimeout=15
CompleteWait=0
MinJobAge=3600
InactiveLimit=0
ReturnToService=2
JobRequeue=1
Licenses=qpu_license:2
GresTypes=$(IFS=,; echo "${types[*]:-}")
NodeName=n[1-$NODES] NodeAddr=$SUBNET.[11-$((10 + NODES))] CPUs=$CPUS Boards=1 SocketsPerBoard=1 CoresPerSocket=$CPUS ThreadsPerCore=1 RealMemory=$MEM ${gres:+Gres=$(IFS=,; echo "${gres[*]}")} State=UNKNOWN
# Jobs of 'urgent' take the nodes of others, which are warned first and start again later.
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
PartitionName=main Nodes=ALL Default=YES DefaultTime=10 MaxTime=INFINITE OverSubscribe=NO State=UP PriorityTier=1 GraceTime=120
PartitionName=brief Nodes=ALL DefaultTime=10 MaxTime=INFINITE OverSubscribe=NO State=UP PriorityTier=1 GraceTime=5
PartitionName=graceless Nodes=ALL DefaultTime=10 MaxTime=INFINITE OverSubscribe=NO State=UP PriorityTier=1 GraceTime=0
PartitionName=urgent Nodes=ALL DefaultTime=10 MaxTime=INFINITE OverSubscribe=NO State=UP PriorityTier=10 PreemptMode=OFF
CONF
    ((${#types[@]})) || sed -i '/^GresTypes=$/d' "$STATE/etc/slurm.conf"
    [[ -z $EXTRA ]] || cat "$EXTRA" >>"$STATE/etc/slurm.conf"

    # Runs in the node's PID namespace when a job ends there.
    cat >"$STATE/epilog/epilog.sh" <<'EPILOG'
#!/bin/bash
# Kill what a job left behind on this node (processes that escaped the tracker).
for p in /proc/[0-9]*; do
    [[ ${p#/proc/} != 1 ]] || continue
    if tr '\0' '\n' <"$p/environ" 2>/dev/null | grep -qx "SLURM_JOB_ID=$SLURM_JOB_ID"; then
        case $(cat "$p/comm" 2>/dev/null) in slurmstepd|slurmd|epilog.sh) ;; *) kill -KILL "${p#/proc/}" 2>/dev/null ;; esac
    fi
done
exit 0
EPILOG
    chmod 755 "$STATE/epilog/epilog.sh"

    show_settings >"$STATE/settings"
}
show_settings() {
    local EXTRA_SUM=''
    [[ -z $EXTRA ]] || EXTRA_SUM=$(cksum <"$EXTRA")
    declare -p NODES CPUS MEM GPUS QPUS SUBNET BRIDGE TRACK SHARE EXTRA EXTRA_SUM | sed 's/^declare -[-a-z]* //'
}

bridge_up() {
    ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add "$BRIDGE" type bridge forward_delay 0
    ip addr replace "$CTL_IP/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
    # A late packet to a vanished node must never leave the machine by the
    # default route, so this route stays when the cluster goes down.
    ip route replace blackhole "$SUBNET.0/24" metric 4000000000
}

munge_up() {
    pid_alive munged >/dev/null && return 0
    rm -f "$STATE"/munge/*
    munged --foreground --num-threads=4 --key-file="$STATE/key/munge.key" \
        --socket="$STATE/munge/munge.socket" --pid-file="$STATE/munge/munged.pid" \
        --seed-file="$STATE/munge/munged.seed" --log-file="$STATE/log/munged.log" \
        </dev/null >>"$STATE/log/munged.out" 2>&1 &
    pid_save munged $!
    wait_for 10 test -S "$STATE/munge/munge.socket" || die "munged did not start: $STATE/log/munged.*"
}

ctl_up() {
    pid_alive slurmctld >/dev/null && return 0
    # Namespaces of its own only to be called 'ctl' and to look that name up.
    # shellcheck disable=SC2016
    setsid unshare --uts --mount -- /bin/sh -ec 'hostname ctl; mount --bind "$1" /etc/hosts; exec slurmctld -D' \
        sh "$STATE/etc/hosts" \
        </dev/null >>"$STATE/log/slurmctld.out" 2>&1 &
    pid_save slurmctld $!
    wait_for 15 sh -c "scontrol ping 2>/dev/null | grep -q UP" || die "slurmctld did not start: $STATE/log/slurmctld.*"
}

node_up() {
    local n=$1 ns v
    ns=$(netns "$n"); v=$(veth "$n")
    if pid_alive "$n" >/dev/null; then ip link set "$v" up; return 0; fi
    if ! ip netns list | grep -qw -- "$ns"; then
        ip netns add "$ns"
        ip link add "$v" type veth peer name eth0 netns "$ns"
        ip link set "$v" master "$BRIDGE"
        ip -n "$ns" link set lo up
        ip -n "$ns" addr add "$(node_ip "$n")/24" dev eth0
        ip -n "$ns" link set eth0 up
        # On-link default route: nothing answers there and nothing leaves the
        # bridge, but programs that learn their own IP by "connecting" a UDP
        # socket to a public address (as Ray does) find the right one.
        ip -n "$ns" route replace default dev eth0
    fi
    ip link set "$v" up
    mkdir -p "$STATE/nodes/$n"/{tmp,vartmp} "$STATE/spool/$n"
    chmod 1777 "$STATE/nodes/$n"/{tmp,vartmp}
    rm -f "$STATE/nodes/$n/init.pid"
    # When unshare dies, --kill-child takes PID 1 of the node along, and with it
    # every process of the node: that's the power switch.
    STB_TRACK=$TRACK STB_SHARE=$SHARE SLURM_TESTBED_BRIDGE=$BRIDGE setsid nsenter --net="/run/netns/$ns" \
        unshare --mount --uts --ipc --pid --fork --kill-child=KILL -- \
        "$SELF" _init "$n" "$STATE" </dev/null >>"$STATE/log/init.$n.log" 2>&1 &
    pid_save "$n" $!
    wait_for 10 test -s "$STATE/nodes/$n/init.pid" || die "node $n did not start: $STATE/log/init.$n.log"
}

# PID 1 of a node.  Runs inside the namespaces.
node_init() {
    local n=$1 pid
    STATE=$2
    read -r pid _ </proc/self/stat                  # still the host's /proc: our PID out there
    hostname "$n"
    if [[ $STB_TRACK == cgroup ]]; then
        # Put the node into a freezer cgroup and make that its root, so that the
        # nodes' Slurm hierarchies (same names in each) don't mix.
        mkdir -p "/sys/fs/cgroup/freezer/$BRIDGE/$n"
        echo 0 >"/sys/fs/cgroup/freezer/$BRIDGE/$n/tasks"        # 0: whoever writes
        exec unshare --cgroup -- "$SELF" _init2 "$n" "$STATE" "$pid"
    fi
    exec "$SELF" _init2 "$n" "$STATE" "$pid"
}

node_init2() {
    local n=$1 pid=$3 d=$2/nodes/$1 share i=0 keep=()
    STATE=$2
    mount --make-rprivate /
    mount -t proc proc /proc
    if [[ $STB_TRACK == cgroup ]]; then
        umount /sys/fs/cgroup/freezer 2>/dev/null || true
        mount -t cgroup -o freezer cgroup /sys/fs/cgroup/freezer
    fi
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    # Private /tmp and /var/tmp, except for the shared directories in them.
    IFS=: read -ra keep <<<"$STB_SHARE"
    for share in "${keep[@]}"; do
        mkdir -p "$d/keep$i"; mount --rbind "$share" "$d/keep$i"; i=$((i + 1))
    done
    mount --bind "$d/tmp" /tmp
    mount --bind "$d/vartmp" /var/tmp
    i=0
    for share in "${keep[@]}"; do
        mkdir -p "$share"; mount --rbind "$d/keep$i" "$share"; umount -l "$d/keep$i"; i=$((i + 1))
    done
    mount --bind "$STATE/etc/hosts" /etc/hosts
    mount --bind "$STATE/etc/resolv.conf" "$(readlink -f /etc/resolv.conf)" 2>/dev/null || true
    [[ ! -d /etc/slurm ]] || mount --bind "$STATE/etc" /etc/slurm
    export HOSTNAME=$n SLURM_CONF=$STATE/etc/slurm.conf
    unset STB_TRACK STB_SHARE
    cd /
    slurmd -D -N "$n" &
    echo "$pid" >"$d/init.pid"
    # Reap orphans for ever, as an init must (bash does while it waits).
    while :; do sleep infinity & wait $! || true; done
}

cmd_up() {
    while (($#)); do
        case $1 in
            -n|--nodes) NODES=$2; shift ;;
            --cpus) CPUS=$2; shift ;;
            --mem) MEM=$2; shift ;;
            --gpus) GPUS=$2; shift ;;
            --qpus) QPUS=$2; shift ;;
            --subnet) SUBNET=$2; shift ;;
            --track) TRACK=$2; shift ;;
            --share) SHARE=${SHARE:+$SHARE:}$(readlink -f "$2"); shift ;;
            --extra) EXTRA=$(readlink -f "$2"); shift ;;
            [1-9]|[1-9][0-9]) NODES=$1 ;;
            *) die "up: unknown option '$1'" ;;
        esac
        shift
    done
    ((NODES >= 1 && NODES <= 64)) || die "1 to 64 nodes"
    [[ $(id -u) == 0 ]] || die "needs root"
    case $PWD/ in /tmp/?*|/var/tmp/?*) SHARE=${SHARE:+$SHARE:}$PWD ;; esac
    local t0=$SECONDS n
    settings
    cmd_install
    pick_tracking
    if [[ -r $STATE/settings ]]; then
        # Up already.  The same cluster: mend what is dead.  Another one: replace it.
        if [[ $(show_settings) == "$(cat "$STATE/settings")" ]]; then
            say "already up: mending"
        else
            say "another cluster is up: replacing it"
            ( cmd_down )
        fi
    fi
    # A cluster that doesn't come up is taken down again (its logs stay).
    trap '[[ $? == 0 ]] || ( trap - EXIT; cmd_down )' EXIT
    if [[ ! -r $STATE/settings ]]; then
        rm -rf "${STATE:?}"/{log,nodes,shared}
        write_config
    fi
    export SLURM_CONF=$STATE/etc/slurm.conf
    bridge_up
    munge_up
    ctl_up
    for n in $(node_names); do node_up "$n"; done
    wait_for 40 all_idle || { sinfo -N -l >&2; die "not all nodes became idle: $STATE/log"; }
    say "$NODES nodes up after $((SECONDS - t0)) s; now: eval \"\$($SELF env)\""
}
all_idle() { [[ $(sinfo -h -N -p main -o '%T' | grep -cxE 'idle|mixed|allocated') == "$NODES" ]]; }


# --------------------------------------------------------------------------
# down
# --------------------------------------------------------------------------
cmd_down() {
    local purge='' n
    [[ ${1:-} != --purge ]] || purge=1
    if [[ -r $STATE/settings ]]; then load; else settings; fi
    for n in $(node_names); do pid_kill "$n" KILL 5; done
    pid_kill slurmctld TERM 5
    pid_kill munged TERM 5
    # Whatever bears our name is ours, also from a cluster of another size.
    for n in $(ip netns list 2>/dev/null | awk '{print $1}' | grep -E "^$BRIDGE-n[0-9]+$"); do
        ip netns del "$n"
    done
    for n in $(ip -o link show type veth 2>/dev/null | awk -F'[ :@]+' '{print $2}' | grep -E "^$BRIDGE-n[0-9]+$"); do
        ip link del "$n" 2>/dev/null || true
    done
    ip link del "$BRIDGE" 2>/dev/null || true
    if [[ -d /sys/fs/cgroup/freezer/$BRIDGE ]]; then
        find "/sys/fs/cgroup/freezer/$BRIDGE" -depth -type d -exec rmdir {} + 2>/dev/null || true
    fi
    if [[ -r $STATE/lent ]]; then                   # unless libpmix-dev came meanwhile
        n=$(cat "$STATE/lent")
        dpkg -S "$n" >/dev/null 2>&1 || rm -f "$n"
        rm -f "$STATE/lent"
    fi
    if [[ -d $STATE ]]; then
        # Logs and the nodes' /tmp stay for a look; state doesn't.
        rm -rf "${STATE:?}"/{settings,pid,ctl,spool,munge,key,dev,etc,epilog}
        [[ -z $purge ]] || rm -rf "${STATE:?}"
    fi
    [[ -z $purge ]] || ip route del blackhole "$SUBNET.0/24" 2>/dev/null || true
    say "down"
}

# --------------------------------------------------------------------------
# The rest
# --------------------------------------------------------------------------
cmd_status() {
    [[ -r $STATE/settings ]] || { say "no cluster"; return 3; }
    load
    local n rc=0
    for n in munged slurmctld; do
        printf '%-10s %s\n' "$n" "$(pid_alive $n || echo dead)"; pid_alive $n >/dev/null || rc=1
    done
    for n in $(node_names); do
        printf '%-10s %-15s init %-8s link %s\n' "$n" "$(node_ip "$n")" "$(pid_alive "$n" >/dev/null && cat "$STATE/nodes/$n/init.pid" || echo dead)" \
            "$(ip -br link show "$(veth "$n")" 2>/dev/null | awk '{print $2}')"
        pid_alive "$n" >/dev/null || rc=1
    done
    timeout 10 sinfo -N -p main -o '%N %T %C %G' || rc=1
    return $rc
}

cmd_env() {
    load
    echo "export SLURM_CONF=$STATE/etc/slurm.conf"
    echo "export SLURM_TESTBED_SHARED=$STATE/shared"
}

# Run a command inside a node, in the current directory where the node has it.
cmd_exec() {
    load; known_node "$1"
    pid_alive "$1" >/dev/null || die "node $1 has no power"
    local pid
    pid=$(cat "$STATE/nodes/$1/init.pid")
    # shellcheck disable=SC2016
    exec nsenter --target "$pid" --mount --uts --ipc --net --pid -- \
        env "HOSTNAME=$1" sh -c 'cd "$1" 2>/dev/null || cd /; shift; exec "$@"' sh "$PWD" "${@:2}"
}

cmd_cut()  { load; known_node "$1"; ip link set "$(veth "$1")" down; }      # the network cable is pulled
cmd_heal() {                                                                # ... and put back
    load; known_node "$1"
    ip link set "$(veth "$1")" up
    # Left alone, Slurm takes up to a minute to look at the node again, and as
    # long to end steps there of jobs that are gone; HUP makes slurmd report now.
    if pid_alive "$1" >/dev/null && slurmd_ready "$1"; then
        ( cmd_exec "$1" pkill -HUP -x slurmd ) || true
    fi
}
# A slurmd that is still starting would die of HUP: wait until it catches that.
slurmd_ready() {
    # shellcheck disable=SC2016
    ( cmd_exec "$1" sh -c '
        for i in $(seq 100); do
            p=$(pgrep -o -x slurmd) && m=$(sed -n "s/^SigCgt:\s*//p" "/proc/$p/status") && [ $((0x$m & 1)) = 1 ] && exit 0
            sleep 0.1
        done
        exit 1' )
}
cmd_kill() {                                                                # power loss
    load
    if [[ $1 == ctl ]]; then pid_kill slurmctld KILL; return; fi
    known_node "$1"
    ip link set "$(veth "$1")" down                 # first, so that peers get no RST: a dead host is silent
    pid_kill "$1" KILL
}
cmd_boot() {                                                                # power back
    load
    if [[ $1 == ctl ]]; then ctl_up; return; fi
    known_node "$1"
    node_up "$1"
    slurmd_ready "$1" || die "slurmd on $1 did not start: $STATE/log/init.$1.log"
}
cmd_install() {
    [[ $(id -u) == 0 ]] || die "needs root"
    install_packages
}
cmd_help() { sed -n '3,/^$/s/^# \{0,1\}//p' "$SELF"; }

(($#)) || set -- help
case $1 in
    # One up or down at a time.  --close: the daemons must not inherit the lock.
    up|down|install) [[ -n ${STB_LOCKED:-} ]] || { mkdir -p "${LOCK%/*}"; STB_LOCKED=1 exec flock --close "$LOCK" "$SELF" "$@"; }
             unset STB_LOCKED ;;
esac
case $1 in
    _init)  node_init "${@:2}" ;;
    _init2) node_init2 "${@:2}" ;;
    up|down|install|status|env|exec|cut|heal|kill|boot|help) "cmd_$1" "${@:2}" ;;
    *) die "unknown command '$1' (try: $0 help)" ;;
esac
