# shellcheck shell=sh
# The guard: one shell for each SSH connection, beside the commands, that ends their processes. See guard.py.
# It is sent through standard input, without these comments. Two variables stand before it:
#   after    seconds between TERM and KILL
#   looks    how they are divided: before each part it is looked whether anything is left
#
# A leader is a process that the SSH server has started for one session: the person's login shell, most often.
# Requests, one a line:
#   x        a command is about to be started
#   n        it was: answer with the leaders that are new
#   w PID    watch the command of that leader too: an earlier guard of this connection did
#   e PID    the command of that leader has ended by itself: leave alone what it left behind
#   k PID    end that command; where nothing of it is left any more, `gone PID` is said, between the answers, and
#            `left PID` where all of it has ended but what it had put into another session
# At the end of standard input the connection is lost or closed, and every command that still runs is ended.

exec 2>/dev/null
[ ! -t 0 ] || exit 1 # a forced command such as `script` has put a terminal in between, which says back what it is told
set +e +u +f
LC_ALL=C
export LC_ALL
: "${after:=3}" "${looks:=1 1 1}"
trap '' HUP INT TERM PIPE # an answer that nobody takes any more is no end

# Sets parent, group, session and started (ticks since boot) of a process. Fails where it has ended.
look_at() {
  if [ -n "$by_ps" ]; then
    # shellcheck disable=SC2046
    set -- $(ps -o ppid= -o pgid= -p "$1")
    [ $# = 2 ] || return 1
    parent=$1 group=$2 session=$2 started=0
    return 0
  fi
  line=
  read -r line <"/proc/$1/stat" || return 1
  # shellcheck disable=SC2086
  set -- ${line##*) }
  [ $# -ge 20 ] && [ "$1" != Z ] && [ "$1" != X ] || return 1
  parent=$2 group=$3 session=$4 started=${20}
}

# Calls a function for each process, with pid, parent, session and started set.
each() {
  if [ -z "$by_ps" ]; then
    for directory in /proc/[0-9]*; do
      pid=${directory##*/}
      look_at "$pid" && "$1"
    done
    return 0
  fi
  call=$1
  # shellcheck disable=SC2046
  set -- $(ps -A -o pid= -o ppid= -o pgid=)
  while [ $# -gt 2 ]; do
    pid=$1 parent=$2 session=$3 started=0
    "$call"
    shift 3
  done
}

# Sets leader, the process above this shell that the SSH server has started, and server; and shared, where the server is
# none of those that have a process for each connection: its children may be other connections' commands.
find_server() {
  leader=$$ shared='' other=''
  while look_at "$leader" && [ "$parent" -gt 1 ]; do
    server=$parent own_session=$session
    name=
    read -r name <"/proc/$server/comm"
    case $name in sshd* | dropbear*) return 0 ;; esac
    if [ "$session" = "$leader" ] && ! is_ours "$server"; then # where it is, it only stands before the command
      [ -n "$other" ] || other="$leader $server"
      [ ! -r "/proc/$server/environ" ] || break # else another user's, as the su of a forced command may be
    fi
    leader=$server
  done
  # shellcheck disable=SC2086
  set -- $other
  [ $# = 2 ] || return 1
  leader=$1 server=$2 own_session=$1
  [ -n "$by_ps" ] || shared=yes
}

# Sets found: the server's children.
children() {
  found=
  if [ -r "$list" ]; then
    read -r found <"$list"
  else
    each add_child
  fi
}
# shellcheck disable=SC2329 # each calls it
add_child() { if [ "$parent" = "$server" ]; then found="$found $pid"; fi; }

# Sends a signal to all processes of a command. Of a server whose commands lead no session of their own, as dropbear:
# to the leader and its descendants in the same session.
signal() { # NAME LEADER
  [ -n "$leads" ] && signal_session "$1" "$2" && return 0
  top=$2 before=
  case " $members " in *" $top "*) ;; *) members="$members $top" ;; esac
  while [ "$before" != "$members" ]; do
    before=$members
    # shellcheck disable=SC2086
    kill -STOP $members # what a member started after the look at it would be nobody's later
    each add_member
  done
  [ -n "$leads$by_ps" ] || for above in $members; do each_child "$above" add_hidden; done
  # shellcheck disable=SC2086
  kill "-$1" $members
  # shellcheck disable=SC2086
  kill -CONT $members
  [ "$1" = KILL ] && [ -n "$leads" ] && chase "$2" KILL
}

# The same by pkill for a session; fails where there is no pkill. It looks first and signals then, and misses what a
# process starts in between: so KILL is sent until nobody is left. A process that is gone each time, but for another that
# it has started, is met by the kernel, which signals a group as a whole, and by chase. The group with the leader's number
# is the command's: as long as the session lives, no other process or group gets that number.
signal_session() { # NAME LEADER
  rounds=10
  while [ "$rounds" -gt 0 ]; do
    pkill "-$1" -s "$2"
    case $? in
      0) [ "$1" = KILL ] || return 0 ;;
      1) [ "$1" = KILL ] && chase "$2" KILL || return 0 ;;
      *) return 1 ;;
    esac
    kill -KILL "-$2"
    rounds=$((rounds - 1))
  done
}

# What is gone as soon as it has started the next process is in no list of processes. But it is the newest process of all,
# time and again: whether one of a session is, and a signal to it. Where many processes have been started since `first`,
# others may be the newest in a moment, or have the processor: it is looked in several.
chase() { # SESSION [NAME]
  newest || return 1
  turns=1 met=
  [ "$pid" -ge "$first" ] && [ "$pid" -lt "$((first + 20))" ] || turns=5
  while :; do
    tries=30
    while [ "$tries" -gt 0 ]; do
      tries=$((tries - 1))
      newest && look_at "$pid" && [ "$session" = "$1" ] || continue
      [ -n "$leads" ] || is_orphan || continue
      met=yes
      [ -z "${2-}" ] || kill "-$2" "$pid"
    done
    [ -z "$met" ] || return 0
    turns=$((turns - 1))
    [ "$turns" -gt 0 ] || return 1
    sleep 0.02 || return 1
  done
}

# Sets pid to the newest process of all.
newest() {
  # shellcheck disable=SC2034
  [ -z "$by_ps" ] && read -r load later latest counts pid </proc/loadavg
}

# shellcheck disable=SC2329 # each calls it
add_member() {
  case " $members " in *" $pid "*) return ;; esac
  if [ -n "$leads" ]; then
    [ "$session" = "$top" ] || return 0
  else
    case " $members " in *" $parent "*) ;; *) return ;; esac
    if [ "$session" != "$own_session" ]; then
      [ -n "$by_ps" ] || outside="$outside $session"
      return
    fi
  fi
  members="$members $pid"
}

end() { # LEADER...
  [ $# -gt 0 ] || return 0
  asked=$1
  # shellcheck disable=SC2034
  for hop in $wrapped; do
    outer=" $* " inner=
    each add_inner
    # shellcheck disable=SC2086
    set -- "$@" $inner
  done
  look_at "$asked" || started=0
  born=$started next=$*
  newest && first=$pid
  if [ -n "$seen" ]; then
    shift
    next="$*$below"
    # shellcheck disable=SC2086
    set -- "$asked" $next
  else
    outside='' groups='' hidden=''
  fi
  while [ -n "$next" ]; do
    all=" $* " below=
    # shellcheck disable=SC2086
    find_below $next
    # shellcheck disable=SC2086
    set -- "$@" $below
    next=$below
  done
  members=
  for one; do signal TERM "$one"; done
  see_them_go "$@" && gone=yes || gone=
  for one; do signal KILL "$one"; done # a look may miss what starts itself anew all the time
  [ -n "$gone" ] || see_them_go "$@" || return 0
  for pause in 0.1 0.2 0.3 0.4; do # what has left may die of the end of a terminal that was the command's
    goes_on || break
    sleep "$pause" || { sleep 1 && break; }
  done
  if goes_on; then echo "left $asked"; else echo "gone $asked"; fi
}

# `su -c` in a command puts what it runs into a session of its own, waits for it, and ends no more than its leader: it is
# the command's. Adds such leaders to below, and to outside the other sessions of what has its parent in the command, as
# with `setsid`: these are to be left alone. Adds the command's groups of processes to groups.
find_below() { # LEADER...
  [ -n "$leads" ] && [ -z "$by_ps" ] || return 0
  for top; do
    within=$(pgrep -s "$top")
    case $? in
      0 | 1) ;;
      *)
        within=
        each add_within # there is no pgrep
        ;;
    esac
    for above in $within; do
      look_at "$above" || continue
      case " $top $groups " in *" $group "*) ;; *) groups="$groups $group" ;; esac
      name=
      read -r name <"/proc/$above/comm"
      each_child "$above" add_below
    done
  done
}
# shellcheck disable=SC2329 # each calls it
add_within() { if [ "$session" = "$top" ]; then within="$within $pid"; fi; }
# shellcheck disable=SC2329 # each_child calls it
add_below() {
  add_hidden
  look_at "$pid" && [ "$session" != "$top" ] || return 0
  case "$all $below " in *" $session "*) return ;; esac
  case $name in
    su | runuser | sudo | doas) [ "$session" != "$pid" ] || below="$below $pid" ;;
    *) outside="$outside $session" ;;
  esac
}

# Adds to hidden what a command runs as another user where other users' processes are hidden (hidepid). The kernel tells
# their number as a child's, and whether they are there, but neither group nor session.
# shellcheck disable=SC2329 # each_child calls it
add_hidden() { if [ ! -r "/proc/$pid/stat" ] && is_there "$pid"; then hidden="$hidden $pid"; fi; }

# Calls a function for each child of a process, with pid set. Each thread has a list of its own.
each_child() { # PID FUNCTION
  for list_of_one in "/proc/$1"/task/*/children; do
    found=
    read -r found <"$list_of_one"
    for pid in $found; do "$2"; done
  done
}

# Adds to apart what a command that is about to be ended has put into other sessions: it goes on, and is no stray either,
# though it may be younger than `since` and hold a pipe of its command. Sets seen: end goes on from what was found here, as
# each pgrep costs 50 ms of processor where there are 2,000 processes.
set_apart() { # LEADER
  outside='' groups='' hidden='' below='' all=" $1 "
  find_below "$1"
  apart="$apart $outside" seen=yes
}

# Whether something goes on that the command had put into another session; or, where commands lead none, may be the
# command's and has lost its parent.
goes_on() {
  still=
  [ -z "$outside" ] || each add_still
  [ -n "$leads$by_ps" ] || { each add_lost && chase "$own_session" && still=yes; }
  [ -n "$still" ]
}
# shellcheck disable=SC2329 # each calls it
add_still() { case " $outside " in *" $session "*) still=yes ;; esac; }
# shellcheck disable=SC2329 # each calls it
add_lost() {
  [ "$session" = "$own_session" ] && [ "$started" -ge "$born" ] || return 0
  is_orphan && is_ours "$pid" && still=yes
}
# Whether the way up from a process, of which parent is set, leads out of the session but not to the server.
is_orphan() {
  while [ "$parent" != "$server" ]; do
    look_at "$parent" && [ "$session" = "$own_session" ] || return 0
  done
  return 1
}

# Waits until nothing of the commands is left, for as long as there is between TERM and KILL. Fails where something is.
see_them_go() { # LEADER...
  for pause in $looks; do
    are_left "$@" || return 0
    sleep "$pause" || { sleep "$after" && break; } # not each sleep knows parts of a second
  done
  ! are_left "$@"
}

are_left() { # LEADER...
  for one; do is_left "$one" && return 0; done
  return 1
}

# Whether a process of a command is there. One that has died, and whose parent does not ask for its status, is not. What
# costs no process is asked first: most of what does not die at once leads its session.
is_left() { # LEADER
  top=$1 own=$own_session
  [ -z "$leads" ] || own=$top
  for pid in $top $members; do look_at "$pid" && [ "$session" = "$own" ] && return 0; done
  for pid in $hidden; do is_there "$pid" && return 0; done
  if [ -n "$leads" ]; then
    left=$(pgrep -s "$top") # tells of other users' processes too, unlike pkill
    listed=$?
    for pid in $left; do
      # what is gone since may have started another one: it is looked again
      if look_at "$pid" || { [ -z "$by_ps" ] && [ ! -d "/proc/$pid" ]; }; then return 0; fi
    done
    group_is_left && return 0
    [ "$listed" -gt 1 ] || { chase "$top"; return; } # else there is no pgrep
  fi
  each add_member
  for pid in $members; do look_at "$pid" && return 0; done
  [ -n "$leads" ] && chase "$top"
}

# The same by the kernel's word on the command's groups, which is true of hidden processes as well. But it counts what has
# died, until the parent has asked for its status (a busy server is late), and tells one's own before another user's: so
# where others may be hidden, it is no end while there is such a dead one. Where none is hidden, the list of pgrep is all.
group_is_left() {
  [ "$listed" != 0 ] || hides || return 1
  for group in $top $groups; do
    case $(kill -0 "-$group" 2>&1) in
      *permitted*) return 0 ;;
      '') if [ "$listed" = 1 ] || hides; then return 0; fi ;;
    esac
  done
  return 1
}

is_there() { case $(kill -0 "$1" 2>&1) in '' | *permitted*) return 0 ;; *) return 1 ;; esac; }

# Whether other users' processes may be hidden from this shell.
hides() {
  if [ -z "$hiding" ]; then
    hiding=yes
    if [ -r /proc/1/stat ] && ! grep -q '^[^ ]* /proc [^ ]* [^ ]*hidepid=' /proc/mounts; then hiding=no; fi
  fi
  [ "$hiding" = yes ]
}

# A forced command such as `setsid -w` runs what was asked for in a session of its own, this shell too, and one such as
# `setsid -w su -c` in a session below that. These are the command's as well: a child of the session above leads each.
# What a command puts into a further one is a daemon.
# shellcheck disable=SC2329 # each calls it
add_inner() {
  [ "$pid" = "$session" ] || return 0
  case $outer in *" $pid "*) return ;; esac
  look_at "$parent" || return 0
  case $outer in *" $session "*) inner="$inner $pid" ;; esac
}

# Sets wrapped: the sessions between the leader's and this shell, this one's too.
find_wrapped() {
  wrapped='' above=$$
  [ -n "$leads" ] && [ -z "$by_ps" ] || return 0
  while [ "$above" != "$leader" ] && look_at "$above"; do
    [ "$above" != "$session" ] || wrapped="$wrapped $above"
    above=$parent
  done
}

# A command that was about to be started as the connection was lost is not in the list yet. It is told from others by its
# environment, and from a daemon of an earlier command by its age. Sets strays: what leads such a command, or did so:
# where a command dies of its closed output, its jobs still bear its session. Of the older sessions, see add_settled, and
# of those that a process of ours has made for itself, as a daemon does, none is a stray. Nor is what holds none of the
# pipes that a command is started with: where this shell has had no turn since, a daemon is as young as a stray is.
# shellcheck disable=SC2329 # each calls it
add_stray() {
  [ "$started" -ge "$since" ] || return 0
  if [ -n "$leads" ]; then
    case " $known $running $settled $strays $apart " in *" $session "*) return ;; esac
    stray=$session above=$parent
    if [ "$pid" = "$session" ]; then
      is_ours "$above" && return 0
    else
      look_at "$session" && return 0 # it is told by its leader
    fi
  else
    case " $known $running $strays " in *" $pid "*) return ;; esac
    [ "$session" = "$own_session" ] || return 0
    [ "$parent" = "$server" ] || [ "$parent" = "$heir" ] || return 0
    stray=$pid
  fi
  is_ours "$pid" && holds_pipe "$pid" && strays="$strays $stray"
}

# Sets settled: the sessions in which a process is older than any command of which nothing is known.
# shellcheck disable=SC2329 # each calls it
add_settled() {
  [ "$started" -lt "$since" ] || return 0
  case " $settled " in *" $session "*) ;; *) settled="$settled $session" ;; esac
}

# Sets heir: whose children the server's become as it ends. That is process 1, or what has asked for it (PR_SET_CHILD_SUBREAPER).
find_heir() {
  heir=1
  look_at "$leader" && heir=$parent
}

# Whether a process is of this connection. A server's fork that is no command yet is not.
is_ours() { tr '\0' '\n' <"/proc/$1/environ" | grep -qxF "SSH_CONNECTION=$SSH_CONNECTION"; }

# Whether its standard input, output or errors are a pipe.
# shellcheck disable=SC2010,SC2329 # what a link leads to is looked at, not names; each calls what calls it
holds_pipe() { ls -l "/proc/$1/fd/0" "/proc/$1/fd/1" "/proc/$1/fd/2" | grep -q -e 'pipe:' -e 'socket:'; }

forget() { # PID
  case $running in *" $1 "*) running="${running%%" $1 "*} ${running#*" $1 "}" ;; esac
}

answer_new() {
  new=
  find_new
  # a server's fork may be hidden until it is a command (hidepid), or not be told from another connection's
  for delay in $delays; do
    [ -z "$new" ] || break
    sleep "$delay"
    find_new
  done
  # the children of a server that has ended are its no more: see add_stray
  look_at "$leader" && [ "$parent" = "$server" ] || return 0
  expecting=
  for pid in $new; do running="$running $pid "; done
  known="$kept $new"
  tell "$new"
}

# Sets new: the server's children that are not known; and kept: those that are.
find_new() {
  children
  new='' kept=''
  for pid in $found; do
    case " $known " in
      *" $pid "*) kept="$kept $pid" ;;
      *) if [ -z "$shared" ] || is_ours "$pid"; then new="$new $pid"; fi ;;
    esac
  done
}

# Answers, and sets since: no command of which nothing is known yet has been started before.
tell() {
  since=0
  # shellcheck disable=SC2034
  read -r up idle </proc/uptime && since=${up%.*}${up#*.}
  echo "$1"
}

members='' outside='' apart='' seen='' groups='' hidden='' hiding='' first=0
expecting='' since=0 strays='' settled='' running=''
by_ps=''
[ -r /proc/$$/stat ] || by_ps=yes
find_server || exit 1
leads=
[ "$own_session" != "$leader" ] || leads=yes
find_wrapped
list=/proc/$server/task/$server/children
children
case " $found " in *" $leader "*) ;; *) exit 1 ;; esac
known=$found
delays=
[ -z "$shared" ] || delays='0.02 0.05 0.1'
tell guarding
while read -r request asked; do
  case $request in
    x) expecting=yes ;;
    n) answer_new ;;
    w) running="$running $asked " ;;
    e) forget "$asked" ;;
    k)
      forget "$asked"
      set_apart "$asked"
      end "$asked" </dev/null &
      seen=
      ;;
  esac
done
exec >/dev/null
if [ -n "$expecting" ] && [ -z "$by_ps" ]; then
  # shellcheck disable=SC2086
  end $running &
  each add_settled
  find_heir
  each add_stray
  for one in $strays; do signal TERM "$one"; done
  sleep 1 # a process that was still the server's own fork is a command by then
  find_heir
  each add_stray
  running=$strays
fi
# shellcheck disable=SC2086
end $running
exit
