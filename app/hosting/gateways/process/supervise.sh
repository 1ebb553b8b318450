# Runs one game server and outlives every Kontor process; about 1 MB. Started by launch.py, which hands over a locked file
# as descriptor 9: the lock is held as long as this script lives.
# Arguments: run folder, working folder, folders of cgroups (separated by spaces), limits (files, blocks, processes or -),
# then the command. What it leaves in the run folder: supervisor, game, exit, console.log.
run=$1 work=$2 cgroups=$3 files=$4 blocks=$5 processes=$6
shift 6
trap : HUP INT TERM
umask 027
exec 3<>"$run/stdin" 4>>"$run/console.log" 0</dev/null >/dev/null 2>&1

# Only shell built-ins write here: a helper program could be killed together with the game. Readers wait for a whole line.
note() { # name, process id: the id with its start time and session, so that a reused id is never mistaken
  IFS= read -r line <"/proc/$2/stat" || return
  set -- "$1" "$2" ${line##*) }
  echo "$2 ${22} $6" >"$run/$1"
}

note supervisor $$
/bin/sh -c '
  work=$1 cgroups=$2 files=$3 blocks=$4 processes=$5
  shift 5
  for group in $cgroups; do echo 0 >"$group/cgroup.procs" || exit 125; done
  ulimit -c 0
  ulimit -n "$files"
  ulimit -f "$blocks"
  if [ "$processes" != - ]; then
    if (ulimit -u "$processes") 2>/dev/null; then ulimit -u "$processes"; else ulimit -p "$processes"; fi
  fi
  cd "$work" || exit 126
  exec "$@"
' kontor-game "$work" "$cgroups" "$files" "$blocks" "$processes" "$@" <&3 >&4 2>&1 3<&- 4>&- 9<&- &
game=$!
note game $game
while :; do
  wait $game
  code=$?
  kill -0 $game 2>/dev/null || break
done
echo $code >"$run/exit"
