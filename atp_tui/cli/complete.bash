# $1: hosts, tags, targets, themes, jobs, commands, or parameters; $2: what is typed of targets, the name of a command for
# parameters; with the --config of the line
_atp_tui_words() {
  local place config=()
  for ((place = 1; place < COMP_CWORD; place++)); do
    [[ ${COMP_WORDS[place]} == --config ]] && config=(--config "${COMP_WORDS[place + 1]}")
  done
  "${_atp_tui_program:-atp-tui}" complete-words "${config[@]}" "$@" 2>/dev/null
}

# $1: what is typed of a set of targets; the last name of it is completed
_atp_tui_targets() {
  local last=${1##*[,&!^]} word
  local before=${1%"$last"}
  while IFS= read -r word; do
    [[ $word == "$last"* ]] && printf '%s\n' "$before$word"
  done < <(_atp_tui_words targets "$last")
}

_atp_tui_themes() {
  local word
  while IFS= read -r word; do
    [[ $word == "$1"* ]] && printf '%s\n' "$word"
  done < <(_atp_tui_words themes)
}

_atp_tui_jobs() {
  local word
  while IFS= read -r word; do
    [[ $word == "$1"* ]] && printf '%s\n' "$word"
  done < <(_atp_tui_words jobs)
}

_atp_tui_commands() {
  local word
  while IFS= read -r word; do
    [[ $word == "$1"* ]] && printf '%s\n' "$word"
  done < <(_atp_tui_words commands)
}

# behind run --command NAME: a parameter is offered up to its value until its name is there
_atp_tui_parameters() {
  local place word name
  for ((place = 1; place < COMP_CWORD; place++)); do
    [[ ${COMP_WORDS[place]} == --command ]] && name=${COMP_WORDS[place + 1]}
  done
  [[ $name ]] || return
  while IFS= read -r word; do
    [[ $1 == *=* ]] || word=${word%%=*}=
    [[ $word == "$1"* && " ${COMP_WORDS[*]} " != *" ${word%%=*}="*" "?* ]] && printf '%s\n' "$word"
  done < <(_atp_tui_words parameters "$name") | sort -u
}

# Bash takes a line apart at @ and = too, and replaces $2 alone, the end of what is typed. Shtab's function wants whole
# words, and the name of an option apart from its value.
_atp_tui() {
  local _atp_tui_program=$1 place word cword rest=$COMP_LINE last=$2
  local whole=() words=()
  for ((place = 0; place < ${#COMP_WORDS[@]}; place++)); do
    word=${COMP_WORDS[place]}
    if [[ $place == 0 || $rest == [[:space:]]* ]]; then whole+=("$word"); else whole[-1]+=$word; fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    rest=${rest#"$word"}
    ((place == COMP_CWORD)) && cword=$((${#whole[@]} - 1))
  done
  for word in "${whole[@]:0:cword+1}"; do
    if [[ $word == --*=* ]]; then words+=("${word%%=*}" "${word#*=}"); else words+=("$word"); fi
  done
  local COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1))
  COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]#[\'\"]}
  local before=${COMP_WORDS[COMP_CWORD]%"${last#[\'\"]}"}
  _shtab_atp_tui "$@"
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
  ((${#COMPREPLY[@]})) && COMPREPLY=("${COMPREPLY[@]#"$before"}")
  return 0
}

complete -o bashdefault -F _atp_tui atp-tui
