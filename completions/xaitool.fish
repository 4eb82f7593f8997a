function __xaitool_complete
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
