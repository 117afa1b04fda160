# $1: hosts, tags, targets, themes, jobs, commands, or parameters; $2: what is typed of targets, the name of a command for
# parameters; with the --config of the line, which _arguments has taken out of $words
_atp_tui_words() {
  local -a config typed
  typed=(${(z)LBUFFER})
  local place=${typed[(I)--config]}
  (( place && place < $#typed )) && config=(--config "${(Q)typed[place + 1]}")
  _call_program words atp-tui complete-words ${(q)config} ${(q)@}
}

# the last name of a set of targets is completed
_atp_tui_targets() {
  local -a found
  compset -P '*[,&!^]'
  found=(${(f)"$(_atp_tui_words targets $PREFIX)"})
  # behind a name that is not quoted, a sign that goes on with the set takes the place of the blank
  if [[ -n $compstate[quote] ]]; then compadd -- $found; else compadd -S ' ' -r $' \t\n,&!^' -- $found; fi
}

_atp_tui_themes() {
  local -a found
  found=(${(f)"$(_atp_tui_words themes)"})
  compadd -- $found
}

_atp_tui_jobs() {
  local -a found
  found=(${(f)"$(_atp_tui_words jobs)"})
  compadd -- $found
}

_atp_tui_commands() {
  local -a found
  found=(${(f)"$(_atp_tui_words commands)"})
  compadd -- $found
}

# behind run --command NAME. Elsewhere there is nothing to offer, and no message that would keep options from being completed
_atp_tui_parameters() {
  local -a typed found
  typed=(${(z)LBUFFER})
  local place=${typed[(I)--command]}
  (( place && place < $#typed )) || return 1
  found=(${(f)"$(_atp_tui_words parameters ${(Q)typed[place + 1]})"})
  if [[ $PREFIX == *=* ]]; then compadd -- $found; else compadd -S '' -- ${(u)found[@]/%=*/=}; fi
}
