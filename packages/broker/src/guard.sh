# Runs a program that ends when its owner does: see guarded-process.ts, which starts this.
#
#   sh guard.sh LOG INPUT GRACE REMOVE PROGRAM [ARGUMENT...]
#
# Standard input is a pipe whose other end only the owner holds, and on which nothing is ever written: end of file there
# means that the owner is gone. With LOG, the program's output goes there and its pid is printed.
log=$1 input=$2 grace=$3 remove=$4
shift 4
exec 3<&0

# Ctrl-C and a terminal's hang-up reach every process in the foreground, but when the program stops is for its owner to
# say. The program inherits that these are ignored; SIGTERM is ignored here only once it runs, so that it obeys it.
trap '' HUP INT
if [ -n "$log" ]; then
  "$@" <"$input" >>"$log" 2>&1 3<&- &
  echo $!
else
  "$@" <"$input" 3<&- &
fi
program=$!
trap '' QUIT TERM

(
  IFS= read -r nothing <&3
  trap '' USR1
  if [ "$grace" -gt 0 ]; then
    kill -TERM "$program"
    kill -CONT "$program"
  fi
  waited=0
  while [ "$waited" -lt "$grace" ] && kill -0 "$program"; do
    sleep 1
    waited=$((waited + 1))
  done
  kill -KILL "$program"
  if [ -n "$remove" ]; then
    sleep 1
    rm -rf -- "$remove"
    rmdir -- "$(dirname -- "$remove")"
  fi
) </dev/null >/dev/null 2>&1 &
watcher=$!
exec 3<&-

wait "$program" 2>/dev/null
status=$?
# Dismisses a watcher that still waits; one at work ignores this, and is waited for.
{
  kill -USR1 "$watcher"
  wait "$watcher"
} >/dev/null 2>&1
exit "$status"
