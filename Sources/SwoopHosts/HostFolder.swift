// The folder of programs on a host, in shell: whose it is and who else can change it, looked at
// before anything is written there; whether a program in it is whole; whether its files are what
// their digests say. The same rules as OwnFolder.swift and CheckedFile.swift of SwoopLaunching have
// for this machine.

import SwoopLaunching
import SwoopModel

/// Shell functions for the folder of programs; what stands between lines is data, never commands.
enum HostFolder {
    /// `enter`: makes `$folder`, goes there, and says where that is; `$ours` is 1 afterwards if it
    /// can be used. Needs `$id`, `$n` (a line's end) and `say`.
    ///
    /// `judge` says `unsafe=` and a line of `ls -ldn` of each folder that others could change.
    /// Names there are relative, so that no name from the host is taken apart. Whoever has / is as
    /// good as root. A folder's group may write above it if it is the user alone (`alone`, as
    /// PrivateGroup.swift has it).
    ///
    /// `way` goes to `$folder` as the system does, and says `way=` of the first link or folder on
    /// the way that others could change: the number of a foreign owner or else the mode, the
    /// group, the path. It takes a command for each of them, so it is called only where the path
    /// is not the place itself.
    static let entering = #"""
        fields() {
            mode=$1 owner=$3 group=$4
            # Of a link what is before the arrow: it may lead to what has the name of another part.
            for word do
                [ "$word" != '->' ] || break
                name=$word
            done
        }
        weigh() {
            bad=
            case $mode in d*) ;; *) bad=1 ;; esac
            case $name in
                . | files | programs | incoming | programs/*)
                    [ -O "$name" ] || bad=1
                    case $mode in ?????w* | ????????w*) bad=1 ;; esac
                    ;;
                *)
                    [ -O "$name" ] || [ "$owner" = 0 ] || [ "$owner" = "$top" ] || bad=1
                    case $mode in
                        ?????????[tT]*) ;;
                        ????????w*) bad=1 ;;
                        # An access list shows as a right of the group: it may name others.
                        ?????w????+*) bad=1 ;;
                        ?????w*) [ -O "$name" ] && alone || bad=1 ;;
                    esac
                    ;;
            esac
            [ "$name" != . ] || seen=1
            [ -n "$bad" ] || return
            case $mode:$name in
                [!l]*:programs/*) spoiled=1 ;;
                *) unsafe=1; say "unsafe=$1" ;;
            esac
        }
        judge() {
            up= next=.. rest=${folder%/*} top= seen= unsafe= spoiled=
            while [ -n "$rest" ]; do
                up="$up $next" next=$next/.. rest=${rest%/*}
            done
            look=$(LC_ALL=C QUOTING_STYLE=literal ls -ldn . $up / files programs incoming "programs/$id" 2>/dev/null)
            IFS=$n
            set -f
            set -- $look
            set +f
            unset IFS
            for line do
                case $line in *' /') fields $line; top=$owner ;; esac
            done
            for line do
                fields $line
                weigh "$line"
            done
            [ -n "$seen" ] || { unsafe=1; say "unsafe="; }
        }
        alone() {
            members=$({ getent group "$group" || cat /etc/group; } 2>/dev/null |
                while IFS=: read -r label secret number members; do
                    [ "$number" != "$group" ] || printf '%s\n' "$members"
                done)
            [ -z "$members" ] || [ "$members" = "$(id -un)" ] || return 1
            firsts=$({ getent passwd || cat /etc/passwd; } 2>/dev/null |
                while IFS=: read -r label secret number main rest; do
                    [ "$main" = "$group" ] || continue
                    [ "$number" = "$owner" ] && printf own || printf strange
                done)
            case $firsts in
                *strange*) return 1 ;;
                '') [ -n "$members" ] || [ "$group" = "$owner" ] ;;
            esac
        }
        doubt() {
            unsafe=1
            say "way=$1 $group $2"
        }
        passed() {
            fields $(LC_ALL=C ls -ldn "$1/." 2>/dev/null)
            [ "$owner" = 0 ] || [ "$owner" = "$me" ] || [ "$owner" = "$top" ] ||
                { doubt "$owner" "${1:-/}"; return; }
            case $mode in
                ?????????[tT]*) ;;
                ????????w* | ?????w????+*) doubt "$mode" "${1:-/}" ;;
                ?????w*) [ "$owner" = "$me" ] && alone || doubt "$mode" "${1:-/}" ;;
            esac
        }
        way() {
            set -f
            me=$(id -u) at= rest=$folder hops=0
            fields $(LC_ALL=C ls -ldn / 2>/dev/null)
            top=$owner
            passed ""
            while [ -n "$rest" ] && [ -z "$unsafe" ]; do
                part=${rest%%/*}
                case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
                case $part in
                    '' | .) continue ;;
                    ..) at=${at%/*}; continue ;;
                esac
                if [ ! -L "$at/$part" ]; then
                    at=$at/$part
                    [ -z "$rest" ] || passed "$at"
                    continue
                fi
                look=$(LC_ALL=C QUOTING_STYLE=literal ls -ldn "$at/$part" 2>/dev/null)
                fields $look
                to=${look#*" $at/$part -> "} hops=$((hops + 1))
                [ "$owner" = 0 ] || [ "$owner" = "$me" ] || [ "$owner" = "$top" ] ||
                    doubt "$owner" "$at/$part"
                [ $hops -le 40 ] && [ "$to" != "$look" ] || doubt "$owner" "$at/$part"
                case $to in /*) at= ;; esac
                rest=$to/$rest
            done
            set +f
        }
        enter() {
            ours= unsafe=
            case $folder in
                /*) ;;
                *) say "words=the home folder is $HOME"; return ;;
            esac
            [ -d "$folder" ] || words=$(mkdir -p "$folder" 2>&1) || { say "words=$words"; return; }
            words=$(cd -P "$folder" 2>&1) && cd -P "$folder" || { say "words=$words"; return; }
            case $PWD in
                *"$n"*) say "words=its path has the end of a line in it"; return ;;
            esac
            [ "$PWD" = "$folder" ] || way
            folder=$PWD
            say "folder=$folder"
            [ -z "$unsafe" ] || return
            judge
            [ -z "$unsafe" ] || return
            for part in files programs incoming; do
                [ -d "$part" ] || words=$(mkdir -p -m 700 "$part" 2>&1) && continue
                say "words=$words"
                return
            done
            ours=1
        }
        """#

    /// `whole`: whether a program's folder, `$1`, has a link to each file and nothing else; in the
    /// folder of programs.
    static func whole(_ manifest: ProgramManifest) -> String {
        let pairs = manifest.files.map { ShellWord.quoted("\($0.digest)/\($0.name)") }
        return #"""
            whole() {
                [ -O "$1" ] && [ -f "$1/.manifest" ] && [ -f "$1/.lock" ] || return 1
                for pair in \#(pairs.joined(separator: " ")); do
                    link=$1/${pair#*/}
                    [ -L "$link" ] && [ "$link" -ef "files/${pair%%/*}" ] || return 1
                done
                set -- "$1"/*
                [ $# = \#(manifest.files.count) ]
            }
            """#
    }

    /// What the system says of files, in the folder of files: `FileState` lines, or where there is
    /// no `stat` sizes and names.
    static func states(_ digests: [String]) -> String {
        let words = digests.map(ShellWord.quoted).joined(separator: " ")
        return "TZ=UTC0 stat -c '\(FileState.format)' \(words) || wc -c \(words)"
    }

    /// A script that prints, as `sha256sum` does, the digests of those of these files that are the
    /// user's own; for `ProbeScript.command`.
    ///
    /// It prints nothing where there is no such program: the files are sent again then.
    static func check(_ digests: [String], in folder: String) -> String {
        #"""
        cd \#(ShellWord.quoted(folder + "/files")) || exit 1
        set --
        for digest in \#(digests.map(ShellWord.quoted).joined(separator: " ")); do
            [ -f "$digest" ] && [ ! -L "$digest" ] && [ -O "$digest" ] && chmod 755 "$digest" \
                && set -- "$@" "$digest"
        done
        [ $# = 0 ] || exec sha256sum "$@" 2>/dev/null </dev/null
        exit 0
        \#(ProbeScript.endOfScript)

        """#
    }

    /// Those of the digests that such a script found to be right.
    static func rightDigests(in output: [UInt8]) -> Set<String> {
        let lines = String(decoding: output, as: UTF8.self).pieces(at: "\n")
        return Set(
            lines.compactMap { line in
                // The name is after two spaces, or a space and the mark of a binary file.
                let words = line.pieces(at: " ")
                guard words.count == 2, words[1].drop(while: { $0 == "*" }) == words[0] else {
                    return nil
                }
                return String(words[0])
            })
    }
}
