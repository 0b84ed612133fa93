# shellcheck shell=bash
# A Docker Engine for the time of one command. engine_start exports BERTH_TEST_DOCKER, the socket's path:
# one that the caller names there already, the machine's own Engine where one answers, systemd's, where there is systemd; else a private dockerd.
# Several commands at once share one private dockerd: each holds a shared lock, and who leaves last stops it.
# Two dockerds on one host would tear down each other's firewall chains.

engine_dir="/tmp/berth-engine-$EUID"

engine_answers() { [[ -S "$1" ]] && curl --silent --fail --max-time 5 --output /dev/null --unix-socket "$1" http://engine/_ping; }

# Debian starts a service as it installs it, unless policy-rc.d says no. Where there is no systemd nothing could stop it properly.
install_engine() {
    local guard=/usr/sbin/policy-rc.d
    if [[ -d /run/systemd/system || -e $guard ]]; then
        need_packages docker
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
    as_root chmod 755 "$guard"
    local status=0
    (need_packages docker) || status=$?
    as_root rm -f "$guard"
    return "$status"
}

wait_for() { # wait_for SECONDS COMMAND…
    local tries=$(($1 * 10))
    shift
    until "$@"; do
        ((tries-- > 0)) || return 1
        sleep 0.1
    done
}

pid_alive() { [[ -e "$1" ]] && as_root kill -0 "$(cat "$1")" 2>/dev/null; }
pid_gone() { ! pid_alive "$1"; }

# Its own containerd: dockerd would take /run/containerd/containerd.sock for a running one even when nobody listens there.
start_private_engine() {
    say "starting a private dockerd in $engine_dir"
    as_root rm -rf "$engine_dir/state"
    mkdir -p "$engine_dir/state"
    printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >"$engine_dir/state/containerd.toml"
    local state="$engine_dir/state"
    # The inner shell expands it.
    # shellcheck disable=SC2016
    as_root setsid bash -c 'cd /; echo $$ >"$1/containerd.pid"; exec containerd --config "$1/containerd.toml" --root "$1/containerd" \
        --state "$1/containerd-run" --address "$1/containerd.sock"' _ "$state" </dev/null >"$state/containerd.log" 2>&1 8>&- 9>&- &
    wait_for 20 test -S "$state/containerd.sock" || die "containerd did not start: $(tail -n 5 "$state/containerd.log")"
    # shellcheck disable=SC2016
    as_root setsid bash -c 'cd /; echo $$ >"$1/dockerd.pid"; exec dockerd --containerd "$1/containerd.sock" --data-root "$1/data" \
        --exec-root "$1/run" --pidfile "$1/dockerd-own.pid" --host "unix://$1/docker.sock" --group "$2"' _ "$state" "$(id -gn)" \
        </dev/null >"$state/dockerd.log" 2>&1 8>&- 9>&- &
    wait_for 40 engine_answers "$state/docker.sock" ||
        { stop_private_engine; die "dockerd did not start: $(tail -n 5 "$state/dockerd.log")"; }
}

stop_private_engine() {
    local name
    for name in dockerd containerd; do
        pid_alive "$engine_dir/state/$name.pid" || continue
        as_root kill "$(cat "$engine_dir/state/$name.pid")"
        wait_for 30 pid_gone "$engine_dir/state/$name.pid" || as_root kill -9 "$(cat "$engine_dir/state/$name.pid")"
    done
}

engine_start() {
    have curl || need_packages test
    local machine="${BERTH_TEST_DOCKER:-/var/run/docker.sock}"
    if engine_answers "$machine"; then
        export BERTH_TEST_DOCKER="$machine"
        return
    fi
    [[ -z "${BERTH_TEST_DOCKER:-}" ]] || die "no Engine answers at $BERTH_TEST_DOCKER (BERTH_TEST_DOCKER)"
    install_engine || die "the Docker Engine could not be installed"
    if [[ -d /run/systemd/system ]]; then
        as_root systemctl start docker
        wait_for 30 engine_answers "$machine" || die "$machine does not answer; is $USER in the group docker?"
        export BERTH_TEST_DOCKER="$machine"
        return
    fi
    mkdir -p "$engine_dir"
    exec 9>"$engine_dir/change.lock" # held while it is started or stopped
    flock --exclusive 9
    exec 8>"$engine_dir/lock"
    flock --shared 8
    engine_answers "$engine_dir/state/docker.sock" || { stop_private_engine; start_private_engine; }
    exec 9>&-
    trap engine_stop EXIT
    export BERTH_TEST_DOCKER="$engine_dir/state/docker.sock"
}

# Ends the private dockerd, unless another command still uses it. The state is kept when it failed to stop, for a look.
engine_stop() {
    [[ "${BERTH_TEST_DOCKER:-}" == "$engine_dir"/* ]] || return 0
    exec 9>"$engine_dir/change.lock"
    flock --exclusive 9
    flock --exclusive --nonblock 8 || return 0
    say "stopping the private dockerd"
    stop_private_engine
    as_root rm -rf "$engine_dir/state"
}
