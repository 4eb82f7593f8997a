_xaitool_paths() {
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
