"""What shells run at TAB; `answers.answer` says what they get."""

from __future__ import annotations

# Bash parts words at colons and equals signs, so that a word may be the end of one of ours.
BASH = r"""_xaitool_paths() {
    case $1 in
        folders) compgen -d -- "$2" ;;
        files) compgen -f -- "$2" ;;
        none) ;;
        *)
            local ending
            compgen -d -- "$2"
            for ending in $1; do compgen -f -X "!*.$ending" -- "$2"; done
            ;;
    esac
}

_xaitool_completion() {
    local paths prefix rest cut value
    COMPREPLY=()
    while IFS= read -r value; do
        if [[ -z ${paths+set} ]]; then paths=$value
        elif [[ -z ${prefix+set} ]]; then prefix=$value
        elif [[ -z ${rest+set} ]]; then rest=$value
        elif [[ -z ${cut+set} ]]; then cut=$value
        else COMPREPLY+=("$value")
        fi
    done < <(_XAITOOL_COMPLETE=bash _XAITOOL_LINE=${COMP_LINE:0:COMP_POINT} \
        _XAITOOL_BREAKS=$COMP_WORDBREAKS "$1" 2>/dev/null)
    if [[ -z ${cut+set} ]]; then
        compopt -o default
        return
    fi
    ((${#COMPREPLY[@]})) || compopt -o filenames
    while IFS= read -r value; do
        value=$prefix$value
        COMPREPLY+=("${value:cut}")
    done < <(_xaitool_paths "$paths" "$rest")
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[:=@.] ]]; then compopt -o nospace; fi
}

complete -F _xaitool_completion xaitool
"""

# The file is the function itself where zsh finds it by its fpath, else it defines that.
ZSH = r"""#compdef xaitool

_xaitool() {
    setopt localoptions localtraps
    # Instead of zsh's own, which says that a signal killed this.
    trap 'return 130' INT
    local -a lines closed open
    local line value paths result=1

    lines=("${(@f)$(_XAITOOL_COMPLETE=zsh _XAITOOL_LINE="${words[1,CURRENT-1]} $PREFIX" \
        xaitool 2>/dev/null)}")
    if (( $#lines < 4 )); then
        _files
        return
    fi
    paths=$lines[1]
    [[ -n $lines[2] ]] && compset -P "${(b)lines[2]}"
    for line in "${(@)lines[5,-1]}"; do
        value=${${line%%$'\t'*}//:/\\:}
        [[ -n ${line#*$'\t'} ]] && value+=:${line#*$'\t'}
        if [[ ${line%%$'\t'*} == *[:=@.] ]]; then open+=("$value"); else closed+=("$value"); fi
    done
    (( $#closed )) && _describe -t values value closed && result=0
    (( $#open )) && _describe -t prefixes value open -S '' && result=0
    case $paths in
        none) ;;
        folders) _files -/ && result=0 ;;
        files) _files && result=0 ;;
        *) _files -g "*.(${paths// /|})(-.)" && result=0 ;;
    esac
    return result
}

if [[ $funcstack[1] == _xaitool ]]; then
    _xaitool "$@"
else
    compdef _xaitool xaitool
fi
"""

FISH = r"""function __xaitool_complete
    set -l lines (env _XAITOOL_COMPLETE=fish _XAITOOL_LINE=(commandline -cp | string collect) \
        xaitool 2>/dev/null)
    if test (count $lines) -lt 4
        __fish_complete_path (commandline -ct)
        return
    end
    set -l paths $lines[1]
    set -l prefix $lines[2]
    set -l rest $lines[3]
    set -e lines[1..4]
    for line in $lines
        printf '%s\n' "$prefix$line"
    end
    set -l found
    switch $paths
        case none
        case folders
            set found (__fish_complete_directories $rest)
        case files
            set found (__fish_complete_path $rest)
        case '*'
            set -l endings (string replace -a ' ' '|' -- $paths)
            set found (__fish_complete_path $rest |
                string match -r "^[^\t]*(?:/|\.(?:$endings))(?:\t.*)?\$")
    end
    for path in $found
        printf '%s\n' "$prefix$path"
    end
end

complete --command xaitool --no-files --arguments '(__xaitool_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""Shell to script."""
