# bash completion of provision: eval "$(npx provision completion bash)"
_provision() {
  local program=provision line
  [ -x ./node_modules/.bin/provision ] && program=./node_modules/.bin/provision
  COMPREPLY=()
  while IFS= read -r line; do
    line=${line%%$'\t'*}
    # The word at the cursor begins behind the last of these.
    case ${COMP_WORDS[COMP_CWORD - 1]}${COMP_WORDS[COMP_CWORD]} in *=*) line=${line#--*=} ;; esac
    COMPREPLY+=("$line")
  done < <("$program" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _provision provision
