#!/bin/bash
# Proves the two commands on a machine that has nothing: a minimal Debian 12 with Python 3.11 and make.
#
#   deploy/fresh-machine.sh FOLDER root|user COMMAND…      e.g.  deploy/fresh-machine.sh /var/tmp/fresh user make run
#
# Needs root and debootstrap. FOLDER keeps the bare system (made once) and the machines made from it: each call with
# FRESH=1 (the default) starts from the bare system with a clone of the newest commit under a path with spaces.
# The network is this machine's, so `make run` answers on its address. How this machine reaches its registries
# (certificates, pip, npm and apt settings) is copied in. What COMMAND leaves running is counted and killed.
set -euo pipefail

folder=$(realpath -m "${1:?folder}") who=${2:?root or user}; shift 2
here=$(cd "$(dirname "$0")/.." && pwd)
bare=$folder/bare machine=$folder/machine-$who place="/srv/the house/Kontor"
mkdir -p "$folder"

if [ ! -e "$bare/.made" ]; then
    rm -rf "$bare"
    debootstrap --variant=minbase --include=ca-certificates,make,python3 bookworm "$bare"
    touch "$bare/.made"
fi

if [ "${FRESH:-1}" = 1 ]; then
    rm -rf "$machine"
    cp -a "$bare" "$machine"
    cp -L /etc/resolv.conf /etc/hosts "$machine/etc/"
    cp -a /etc/apt/apt.conf.d/*check* "$machine/etc/apt/apt.conf.d/" 2>/dev/null || true
    cp -a /etc/pip.conf "$machine/etc/" 2>/dev/null || true
    cp -a /usr/local/share/ca-certificates/. "$machine/usr/local/share/ca-certificates/" 2>/dev/null || true
    chroot "$machine" update-ca-certificates >/dev/null 2>&1 || true
    mkdir -p "$machine${place%/*}"
    git clone -q "$here" "$machine$place"
    if [ "$who" = user ]; then
        chroot "$machine" useradd --create-home player
        chroot "$machine" chown -R player "${place%/*}"
    fi
fi

keep=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM="${TERM:-dumb}" LANG=C.UTF-8)
for name in SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS PORT HOST CI ARGS; do
    [ -n "${!name:-}" ] && keep+=("$name=${!name}")
done
if [ "$who" = user ]; then
    enter=(setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs)
    keep+=(HOME=/home/player USER=player)
else
    enter=() keep+=(HOME=/root USER=root)
fi

# A process space of its own: whatever is left in it is seen, and dies with it.
exec unshare --mount --pid --fork --kill-child bash -c '
    machine=$1 place=$2; shift 2
    mount --make-rprivate /
    mount --bind "$machine" "$machine" # its root is a mount point, as on a real machine: Docker wants that
    mount -t proc proc "$machine/proc"
    mount --rbind /dev "$machine/dev"
    mount -t tmpfs tmpfs "$machine/run"
    mount --rbind /sys "$machine/sys"
    trap "" INT
    chroot "$machine" bash -c '\''trap - INT; cd "$1" && shift && exec "$@"'\'' inner "$place" "$@"
    code=$?
    sleep 1
    for pid in $(ls "$machine/proc" | grep "^[0-9][0-9]*$"); do
        line=$(tr "\0" " " < "$machine/proc/$pid/cmdline") 2>/dev/null || continue
        case $line in *"bash -c"*|""|"ls "*|"sleep "*) ;; *) echo "LEFT BEHIND: $pid $line" ;; esac
    done 2>/dev/null
    echo "exit code $code; processes left behind are named above"
    exit $code
' outer "$machine" "$place" env -i "${keep[@]}" "${enter[@]}" "$@"
