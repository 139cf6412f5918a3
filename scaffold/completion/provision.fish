# fish completion of provision: npx provision completion fish | source
function __provision_complete
    set -l program provision
    test -x ./node_modules/.bin/provision; and set program ./node_modules/.bin/provision
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($program __complete -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c provision -f -a '(__provision_complete)'
