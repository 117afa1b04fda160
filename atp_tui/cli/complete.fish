# $argv: hosts, tags, targets with what is typed of them, themes, jobs, commands, or parameters with the name of a command;
# with the --config of the line
function _atp_tui_words
    set -l config
    set -l typed (commandline -opc)
    if set -l place (contains -i -- --config $typed)
        set config --config $typed[(math $place + 1)]
    end
    command atp-tui complete-words $config $argv 2>/dev/null
end

# the last name of a set of targets is completed
function _atp_tui_targets
    set -l typed (commandline -ct | string trim -c "'\"")
    set -l before (string match -r '^.*[,&!^]' -- $typed)
    for word in (_atp_tui_words targets (string replace -r '^.*[,&!^]' '' -- $typed))
        echo "$before$word"
    end
end

function _atp_tui_themes
    _atp_tui_words themes
end

function _atp_tui_jobs
    _atp_tui_words jobs
end

function _atp_tui_commands
    _atp_tui_words commands
end

# behind run --command NAME
function _atp_tui_parameters
    set -l typed (commandline -opc)
    if set -l place (contains -i -- --command $typed)
        _atp_tui_words parameters $typed[(math $place + 1)]
    end
end
