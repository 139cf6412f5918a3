#compdef provision
# zsh completion of provision: eval "$(npx provision completion zsh)", after compinit
_provision() {
  local program=provision line
  local -a found
  [[ -x ./node_modules/.bin/provision ]] && program=./node_modules/.bin/provision
  for line in "${(@f)$($program __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  if (( $#found )); then
    _describe -t values provision found
  else
    _files
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _provision "$@"
else
  compdef _provision provision
fi
