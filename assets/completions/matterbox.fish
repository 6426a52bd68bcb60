# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_matterbox_global_optspecs
    string join \n home= json now= passphrase-fd= h/help V/version
end

function __fish_matterbox_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_matterbox_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_matterbox_using_subcommand
    set -l cmd (__fish_matterbox_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c matterbox -n "__fish_matterbox_needs_command" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_needs_command" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_needs_command" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_needs_command" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_needs_command" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_needs_command" -s V -l version -d 'Print version'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "demo" -d 'Try everything with an invented office: no account, no network'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "init" -d 'Set up an account: looks for its servers, asks, tests both connections, writes the settings'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "account" -d 'Look after accounts'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "sync" -d 'Fetch mail once and say what came'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "due" -d 'List every running clock, soonest first'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "list" -d 'List threads or matters'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "show" -d 'Show one thread with its clocks and messages'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "search" -d 'Search the record'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "tag" -d 'Put threads in a matter'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "untag" -d 'Take threads out of their matter'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "archive" -d 'Archive threads, here and at the server'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "move" -d 'Move threads to a folder at the server'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "delete" -d 'Move threads to Trash at the server; the record keeps every message'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "flag" -d 'Set the star, and the flag at the server, or clear both'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "read" -d 'Mark threads as read, here and at the server, or as unread'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "matter" -d 'Keep matters'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "party" -d 'Keep the people the office knows'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "clock" -d 'Count business time as the office counts it'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "calendar" -d 'Look at the office\'s calendars and holidays, and take in closed days from a calendar file'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "report" -d 'Say how fast the office answers, by period, matter, client and owner'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "deadline" -d 'Keep legal time limits: counted by a cited rule, confirmed by a person'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "compose" -d 'Write a new message'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "reply" -d 'Answer a thread'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "outbox" -d 'Look at what is on its way'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "import" -d 'Take in mail from files: mbox, Maildir, .eml'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "doctor" -d 'Check the record, the settings and this machine'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "config" -d 'Look after the settings'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "keys" -d 'List every key of the screen'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "completions" -d 'Print the completions of a shell'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "man" -d 'Print the manual page, or write all of them to a folder'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "schema" -d 'Print the JSON schema of a command\'s output'
complete -c matterbox -n "__fish_matterbox_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand demo" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand demo" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand demo" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand demo" -l keep -d 'Keep the folder of the practice office and say where it is'
complete -c matterbox -n "__fish_matterbox_using_subcommand demo" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand demo" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand init" -l resolver -d 'Ask this name server (such as 192.0.2.53 or 127.0.0.1:5353) for every name, not the machine\'s own' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand init" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand init" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand init" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand init" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand init" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -f -a "check" -d 'Say in words what works: names, TLS, login, mailboxes, sending'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -f -a "login" -d 'Sign in to an account with OAuth (Microsoft 365, Google), by browser or by code'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and not __fish_seen_subcommand_from check login help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from check" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from check" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from check" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from check" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from login" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from login" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from login" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from login" -l device -d 'With a code that is typed into a browser on any machine'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from login" -l no-browser -d 'Only show the address and open no browser; then the address at which a browser elsewhere ends can be pasted here'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from login" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from login" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say in words what works: names, TLS, login, mailboxes, sending'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "login" -d 'Sign in to an account with OAuth (Microsoft 365, Google), by browser or by code'
complete -c matterbox -n "__fish_matterbox_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand sync" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand sync" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand sync" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand sync" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand sync" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand due" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand due" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand due" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand due" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand due" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand list" -l matter -d 'Only the threads of this matter' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand list" -l limit -d 'At most so many' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand list" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand list" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand list" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand list" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c matterbox -n "__fish_matterbox_using_subcommand show" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand show" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand show" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand show" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand show" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand search" -l limit -d 'At most so many' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand search" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand search" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand search" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand search" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand search" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand tag" -l matter -d 'The matter they belong to' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand tag" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand tag" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand tag" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand tag" -l suggested -d 'Put each in the matter that is suggested first for it'
complete -c matterbox -n "__fish_matterbox_using_subcommand tag" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand tag" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand untag" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand untag" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand untag" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand untag" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand untag" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand archive" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand archive" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand archive" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand archive" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand archive" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand move" -l to -d 'The folder, as the server names it' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand move" -l account -d 'The account whose folder it is, where several have one of that name' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand move" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand move" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand move" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand move" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand move" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand delete" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand delete" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand delete" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand delete" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand delete" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand flag" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand flag" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand flag" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand flag" -l off -d 'Take it away again'
complete -c matterbox -n "__fish_matterbox_using_subcommand flag" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand flag" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand read" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand read" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand read" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand read" -l off -d 'Take it away again'
complete -c matterbox -n "__fish_matterbox_using_subcommand read" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand read" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -f -a "add" -d 'Open a matter'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -f -a "list" -d 'List matters with their health'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -f -a "label" -d 'Say under which privilege label its new messages to the client begin'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -f -a "show" -d 'Show a matter and its threads'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and not __fish_seen_subcommand_from add list label show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from add" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from add" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from add" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from add" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from list" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from list" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from list" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from label" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from label" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from label" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from label" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from label" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from show" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from show" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from show" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from help" -f -a "add" -d 'Open a matter'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from help" -f -a "list" -d 'List matters with their health'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from help" -f -a "label" -d 'Say under which privilege label its new messages to the client begin'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a matter and its threads'
complete -c matterbox -n "__fish_matterbox_using_subcommand matter; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -f -a "add" -d 'Add someone the office knows, or give someone known an address or a role'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -f -a "list" -d 'List everyone the office knows'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and not __fish_seen_subcommand_from add list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -l address -d 'An address they write from; may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -l matter -d 'A matter they take part in' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -l role -d 'As what they take part: client, client_contact, opposing_counsel, court …' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from list" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from list" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from list" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add someone the office knows, or give someone known an address or a role'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from help" -f -a "list" -d 'List everyone the office knows'
complete -c matterbox -n "__fish_matterbox_using_subcommand party; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -f -a "due" -d 'When a target that starts at an instant is due'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -f -a "between" -d 'How much business time lies between two instants'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -f -a "explain" -d 'Why a target is due when it is, step by step'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -f -a "replay" -d 'Replay a scenario file: every turn, clock and outcome as JSON (`matterbox schema clock scenario` describes the file)'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and not __fish_seen_subcommand_from due between explain replay help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l from -d 'The start: a time in the calendar\'s zone (2026-11-24T15:10) or one with its offset; now when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l target -d 'The time allowed: 4bh, 1bd, cob+1, 2h or 14d' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l cutoff -d 'For cob+N: minutes before the close from which the next business day counts' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l calendar -d 'A file in the form of sla.toml whose calendar counts, instead of the office\'s own' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -l json -d 'Answer as JSON (`matterbox schema clock due` prints its schema)'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from due" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -l from -d 'The earlier one: a time in the calendar\'s zone (2026-11-24T15:10) or one with its offset' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -l to -d 'The later one; now when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -l calendar -d 'A file in the form of sla.toml whose calendar counts, instead of the office\'s own' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -l json -d 'Answer as JSON (`matterbox schema clock due` prints its schema)'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from between" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l from -d 'The start: a time in the calendar\'s zone (2026-11-24T15:10) or one with its offset; now when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l target -d 'The time allowed: 4bh, 1bd, cob+1, 2h or 14d' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l cutoff -d 'For cob+N: minutes before the close from which the next business day counts' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l calendar -d 'A file in the form of sla.toml whose calendar counts, instead of the office\'s own' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -l json -d 'Answer as JSON (`matterbox schema clock due` prints its schema)'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from replay" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from replay" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from replay" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from replay" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "due" -d 'When a target that starts at an instant is due'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "between" -d 'How much business time lies between two instants'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Why a target is due when it is, step by step'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "replay" -d 'Replay a scenario file: every turn, clock and outcome as JSON (`matterbox schema clock scenario` describes the file)'
complete -c matterbox -n "__fish_matterbox_using_subcommand clock; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -f -a "list" -d 'List the office\'s calendars: zone, hours, holidays'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -f -a "sets" -d 'List the sets of public holidays that a calendar can keep'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -f -a "show" -d 'Show the days of a year that differ from the week, with their names'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -f -a "import" -d 'Take in closed days from a calendar file (.ics), after showing what it would close'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and not __fish_seen_subcommand_from list sets show import help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from list" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from list" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from list" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from sets" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from sets" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from sets" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from sets" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from sets" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from show" -l year -d 'The year; this one when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from show" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from show" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from show" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -l into -d 'The calendar that is to be closed on these days; the office\'s own when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -l years -d 'How many years ahead of this one to look at' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -l yes -d 'Write the new days without asking'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the office\'s calendars: zone, hours, holidays'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from help" -f -a "sets" -d 'List the sets of public holidays that a calendar can keep'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the days of a year that differ from the week, with their names'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from help" -f -a "import" -d 'Take in closed days from a calendar file (.ics), after showing what it would close'
complete -c matterbox -n "__fish_matterbox_using_subcommand calendar; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l from -d 'The first day; 28 days before the last when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l to -d 'The last day; today when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l matter -d 'Only this matter' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l wording -d 'The word for an answer that was not in time' -r -f -a "late\t'late'
missed\t'missed'"
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l extract -d 'What the client of this one matter may read: a sentence, without names and misses'
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l csv -d 'As a table of values separated by commas'
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l html -d 'As one HTML file with charts, readable without a network and without colours'
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -f -a "compute" -d 'Count a legal time limit by a rule and show every step; keeps nothing'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -f -a "add" -d 'Enter a deadline of a matter, by hand or by a rule; it does not count before it is confirmed'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -f -a "list" -d 'List deadlines, soonest first'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -f -a "confirm" -d 'Confirm a deadline: from now on it counts. The day must be said again'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -f -a "done" -d 'Say that a deadline was met, with evidence'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -f -a "vacate" -d 'Take a deadline away: by an order, or because it was entered wrongly'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and not __fish_seen_subcommand_from compute add list confirm done vacate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l rule -d 'The rule: frcp.6, cpr.2.8, cpr.6.26, cpr.6.14, zpo.222 or bgb.187' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l trigger -d 'The event: a day (2026-11-05) or, where the time matters, 2026-11-05T16:29 in the court\'s zone' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l days -d 'So many days' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l hours -d 'So many hours' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l weeks -d 'So many weeks' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l months -d 'So many months' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l years -d 'So many years' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l service -d 'How the document was served: electronic, personal, mail, clerk, consented, dx, delivered or fax' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l inaccessible -d 'A day on which the clerk\'s office was inaccessible (FRCP 6(a)(3)); may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l holidays -d 'Holidays of the court, such as us-federal, gb-england-wales or de-BY; the rule\'s own when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l state-holiday -d 'A holiday of the court\'s state (FRCP 6(a)(6)(C)); may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l zone -d 'The court\'s zone, such as America/Chicago; the rule\'s own, or the office\'s, when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l before -d 'Counted back from the event: the last day on which it can still be done'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l at-least -d 'At least so long after the event: the first day on which it may be'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l first-day-counts -d 'The period begins with the beginning of the trigger\'s day, which counts (§ 187 Abs. 2 BGB)'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l at-court-office -d 'The act is done at the court office (CPR 2.8(5))'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from compute" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l matter -d 'The matter' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l what -d 'What is to be done, such as "answer the complaint"' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l source -d 'What sets it: the order, the rule, the notice' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l evidence -d 'Where that can be looked up: the docket entry, the message, the page' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l day -d 'The last day, by hand' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l rule -d 'The rule by which it is computed instead: frcp.6, cpr.2.8, cpr.6.26, cpr.6.14, zpo.222 or bgb.187' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l trigger -d 'The event: a day (2026-11-05) or, where the time matters, 2026-11-05T16:29 in the court\'s zone' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l days -d 'So many days' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l hours -d 'So many hours' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l weeks -d 'So many weeks' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l months -d 'So many months' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l years -d 'So many years' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l service -d 'How the document was served: electronic, personal, mail, clerk, consented, dx, delivered or fax' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l inaccessible -d 'A day on which the clerk\'s office was inaccessible (FRCP 6(a)(3)); may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l holidays -d 'Holidays of the court, such as us-federal, gb-england-wales or de-BY; the rule\'s own when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l state-holiday -d 'A holiday of the court\'s state (FRCP 6(a)(6)(C)); may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l zone -d 'The court\'s zone, such as America/Chicago; the rule\'s own, or the office\'s, when left out' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l before -d 'Counted back from the event: the last day on which it can still be done'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l at-least -d 'At least so long after the event: the first day on which it may be'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l first-day-counts -d 'The period begins with the beginning of the trigger\'s day, which counts (§ 187 Abs. 2 BGB)'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l at-court-office -d 'The act is done at the court office (CPR 2.8(5))'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from list" -l matter -d 'Only those of this matter' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from list" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from list" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from list" -l all -d 'Also those that were done or vacated'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from list" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from confirm" -l day -d 'Its last day, as you read it yourself from the source' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from confirm" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from confirm" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from confirm" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from confirm" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from confirm" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from done" -l evidence -d 'What proves it: what was filed or served, when, under which number' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from done" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from done" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from done" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from done" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from done" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from vacate" -l reason -d 'The order, or the reason' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from vacate" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from vacate" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from vacate" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from vacate" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from vacate" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from help" -f -a "compute" -d 'Count a legal time limit by a rule and show every step; keeps nothing'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from help" -f -a "add" -d 'Enter a deadline of a matter, by hand or by a rule; it does not count before it is confirmed'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from help" -f -a "list" -d 'List deadlines, soonest first'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from help" -f -a "confirm" -d 'Confirm a deadline: from now on it counts. The day must be said again'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from help" -f -a "done" -d 'Say that a deadline was met, with evidence'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from help" -f -a "vacate" -d 'Take a deadline away: by an order, or because it was entered wrongly'
complete -c matterbox -n "__fish_matterbox_using_subcommand deadline; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l to -d 'A recipient; may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l subject -d 'The subject' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l matter -d 'The matter it belongs to, which also chooses the footer' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l cc -d 'Add a recipient in Cc' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l bcc -d 'Add a recipient in Bcc' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l body -d 'Read the text from this file; `-` or nothing reads the standard input' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l attach -d 'Attach this file; may be given more than once' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l privilege -d 'Its privilege label: ac, wp, ci or none; without it the conversation\'s or the matter\'s' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l confirm -d 'Confirm a finding as the review says: by its key, or by KEY=WORD; may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l at -d 'Do not send before this instant' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l dry-run -d 'Review only: print the recipients, the footer and the findings, and send nothing'
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand compose" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l holding -d 'A holding reply: the answer itself is promised by this day (2026-12-01, fri, +3), and the text must say so' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l cc -d 'Add a recipient in Cc' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l bcc -d 'Add a recipient in Bcc' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l body -d 'Read the text from this file; `-` or nothing reads the standard input' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l attach -d 'Attach this file; may be given more than once' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l privilege -d 'Its privilege label: ac, wp, ci or none; without it the conversation\'s or the matter\'s' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l confirm -d 'Confirm a finding as the review says: by its key, or by KEY=WORD; may be given more than once' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l at -d 'Do not send before this instant' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l all -d 'To everyone on the last message'
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l acknowledge -d 'Only acknowledge: says that the message arrived'
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l dry-run -d 'Review only: print the recipients, the footer and the findings, and send nothing'
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand reply" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -f -a "list" -d 'List what is held, scheduled, on its way, sent, refused or unknown'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -f -a "waiting" -d 'List what waits for the mail servers: archived, moved, flagged, written here and not yet there'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -f -a "retry" -d 'Try again what a mail server refused, or what another program got in the way of'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -f -a "give-up" -d 'Give up what waits for a mail server; there everything stays as it is'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -f -a "cancel" -d 'Stop a message that has not left yet'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and not __fish_seen_subcommand_from list waiting retry give-up cancel help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from list" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from list" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from list" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from waiting" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from waiting" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from waiting" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from waiting" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from waiting" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from give-up" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from give-up" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from give-up" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from give-up" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from give-up" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from help" -f -a "list" -d 'List what is held, scheduled, on its way, sent, refused or unknown'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from help" -f -a "waiting" -d 'List what waits for the mail servers: archived, moved, flagged, written here and not yet there'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from help" -f -a "retry" -d 'Try again what a mail server refused, or what another program got in the way of'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from help" -f -a "give-up" -d 'Give up what waits for a mail server; there everything stays as it is'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from help" -f -a "cancel" -d 'Stop a message that has not left yet'
complete -c matterbox -n "__fish_matterbox_using_subcommand outbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand import" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand import" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand import" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand import" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand import" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand doctor" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand doctor" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand doctor" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand doctor" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and not __fish_seen_subcommand_from check help" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and not __fish_seen_subcommand_from check help" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and not __fish_seen_subcommand_from check help" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and not __fish_seen_subcommand_from check help" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and not __fish_seen_subcommand_from check help" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and not __fish_seen_subcommand_from check help" -f -a "check" -d 'Read every settings file and say what is not understood'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and not __fish_seen_subcommand_from check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and __fish_seen_subcommand_from check" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and __fish_seen_subcommand_from check" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and __fish_seen_subcommand_from check" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Read every settings file and say what is not understood'
complete -c matterbox -n "__fish_matterbox_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand keys" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand keys" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand keys" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand keys" -l markdown -d 'As a table in Markdown, one row for each action'
complete -c matterbox -n "__fish_matterbox_using_subcommand keys" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand keys" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand completions" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand completions" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand completions" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand completions" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand completions" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand man" -l dir -d 'Write a page for every command to this folder' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand man" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand man" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand man" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand man" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand man" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand schema" -l home -d 'Keep settings and record of an office in this folder instead of the user\'s own places' -r -F
complete -c matterbox -n "__fish_matterbox_using_subcommand schema" -l now -d 'Count time from this instant (RFC 3339, such as 2026-11-24T15:10:00Z) instead of the real one' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand schema" -l passphrase-fd -d 'Read the passphrase of the record from this open file descriptor' -r
complete -c matterbox -n "__fish_matterbox_using_subcommand schema" -l json -d 'Print JSON; `matterbox schema COMMAND` describes it'
complete -c matterbox -n "__fish_matterbox_using_subcommand schema" -s h -l help -d 'Print help'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "demo" -d 'Try everything with an invented office: no account, no network'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "init" -d 'Set up an account: looks for its servers, asks, tests both connections, writes the settings'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "account" -d 'Look after accounts'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "sync" -d 'Fetch mail once and say what came'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "due" -d 'List every running clock, soonest first'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "list" -d 'List threads or matters'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "show" -d 'Show one thread with its clocks and messages'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "search" -d 'Search the record'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "tag" -d 'Put threads in a matter'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "untag" -d 'Take threads out of their matter'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "archive" -d 'Archive threads, here and at the server'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "move" -d 'Move threads to a folder at the server'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "delete" -d 'Move threads to Trash at the server; the record keeps every message'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "flag" -d 'Set the star, and the flag at the server, or clear both'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "read" -d 'Mark threads as read, here and at the server, or as unread'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "matter" -d 'Keep matters'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "party" -d 'Keep the people the office knows'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "clock" -d 'Count business time as the office counts it'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "calendar" -d 'Look at the office\'s calendars and holidays, and take in closed days from a calendar file'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "report" -d 'Say how fast the office answers, by period, matter, client and owner'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "deadline" -d 'Keep legal time limits: counted by a cited rule, confirmed by a person'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "compose" -d 'Write a new message'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "reply" -d 'Answer a thread'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "outbox" -d 'Look at what is on its way'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "import" -d 'Take in mail from files: mbox, Maildir, .eml'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "doctor" -d 'Check the record, the settings and this machine'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "config" -d 'Look after the settings'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "keys" -d 'List every key of the screen'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "completions" -d 'Print the completions of a shell'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "man" -d 'Print the manual page, or write all of them to a folder'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "schema" -d 'Print the JSON schema of a command\'s output'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and not __fish_seen_subcommand_from demo init account sync due list show search tag untag archive move delete flag read matter party clock calendar report deadline compose reply outbox import doctor config keys completions man schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "check" -d 'Say in words what works: names, TLS, login, mailboxes, sending'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "login" -d 'Sign in to an account with OAuth (Microsoft 365, Google), by browser or by code'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from matter" -f -a "add" -d 'Open a matter'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from matter" -f -a "list" -d 'List matters with their health'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from matter" -f -a "label" -d 'Say under which privilege label its new messages to the client begin'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from matter" -f -a "show" -d 'Show a matter and its threads'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from party" -f -a "add" -d 'Add someone the office knows, or give someone known an address or a role'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from party" -f -a "list" -d 'List everyone the office knows'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from clock" -f -a "due" -d 'When a target that starts at an instant is due'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from clock" -f -a "between" -d 'How much business time lies between two instants'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from clock" -f -a "explain" -d 'Why a target is due when it is, step by step'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from clock" -f -a "replay" -d 'Replay a scenario file: every turn, clock and outcome as JSON (`matterbox schema clock scenario` describes the file)'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from calendar" -f -a "list" -d 'List the office\'s calendars: zone, hours, holidays'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from calendar" -f -a "sets" -d 'List the sets of public holidays that a calendar can keep'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from calendar" -f -a "show" -d 'Show the days of a year that differ from the week, with their names'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from calendar" -f -a "import" -d 'Take in closed days from a calendar file (.ics), after showing what it would close'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from deadline" -f -a "compute" -d 'Count a legal time limit by a rule and show every step; keeps nothing'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from deadline" -f -a "add" -d 'Enter a deadline of a matter, by hand or by a rule; it does not count before it is confirmed'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from deadline" -f -a "list" -d 'List deadlines, soonest first'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from deadline" -f -a "confirm" -d 'Confirm a deadline: from now on it counts. The day must be said again'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from deadline" -f -a "done" -d 'Say that a deadline was met, with evidence'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from deadline" -f -a "vacate" -d 'Take a deadline away: by an order, or because it was entered wrongly'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from outbox" -f -a "list" -d 'List what is held, scheduled, on its way, sent, refused or unknown'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from outbox" -f -a "waiting" -d 'List what waits for the mail servers: archived, moved, flagged, written here and not yet there'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from outbox" -f -a "retry" -d 'Try again what a mail server refused, or what another program got in the way of'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from outbox" -f -a "give-up" -d 'Give up what waits for a mail server; there everything stays as it is'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from outbox" -f -a "cancel" -d 'Stop a message that has not left yet'
complete -c matterbox -n "__fish_matterbox_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Read every settings file and say what is not understood'
