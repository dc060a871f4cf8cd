// How files that were sent get their places on a host: the commands, as text. The layout is
// BundleCache's: files by digest first, the program's folder last, each by a rename.

import SwoopLaunching
package import SwoopModel

/// The commands of a sending; both are scripts for `ProbeScript.command`.
///
/// What it removes it has made itself: a folder is removed only where this very run made it.
package struct PlacementScript {
    let manifest: ProgramManifest
    /// The bundle cache there, an absolute path.
    let folder: String
    /// What is sent.
    let missing: [String]
    /// A name that nobody else uses, in the cache's folder for what is being received.
    let temporary: String

    /// What it says once everything is there.
    static let unpacked = "swoop-unpacked"

    package init(
        manifest: ProgramManifest, folder: String, missing: [String], temporary: String
    ) {
        self.manifest = manifest
        self.folder = folder
        self.missing = missing
        self.temporary = temporary
    }

    /// Takes the archive behind the script on standard input; what does not come whole is removed.
    package var unpacking: String {
        let place = "\(folder)/incoming/\(temporary)"
        // Without -m the files would have the archive's time, and be the first to be cleaned up. An
        // archive that ends before its first file, or between two, is fine with tar.
        return #"""
            LC_ALL=C; export LC_ALL
            umask 077
            d=\#(ShellWord.quoted(place))
            mkdir "$d" || exit 1
            cd "$d" && gzip -dc | tar -xmf - && set -- * && [ -e "$1" ] \
                && [ $# = \#(missing.count) ] || { c=$?; cd /; rm -rf "$d"; exit $c; }
            echo \#(Self.unpacked)
            exit 0
            \#(ProbeScript.endOfScript)

            """#
    }

    /// Checks what came, moves it into place and makes the program's folder.
    package var placing: String {
        let files = manifest.files.map { "\($0.digest) \($0.name)" }.joined(separator: "\n")
        let known = manifest.digests.filter { !missing.contains($0) }
        let received = missing.map { "\($0) \(byteCount(of: $0))" }.joined(separator: "\n")
        return """
            umask 077
            folder=\(ShellWord.quoted(folder))
            id=\(ShellWord.quoted(manifest.id.rawValue))
            work=$folder/incoming/\(ShellWord.quoted(temporary))
            received=\(missing.isEmpty ? "" : "1")
            made=
            fail() {
                cd /
                [ -z "$received" ] || rm -rf "$work"
                [ -z "$made" ] || rm -rf "$work.p"
                printf '%s\\n' "$1" >&2
                exit 1
            }
            \(HostFolder.whole(manifest))
            cd "$folder" || fail 'the folder has gone'
            \(missing.isEmpty ? "" : Self.check(received))
            \(known.isEmpty ? "" : "(cd files && touch -c \(known.joined(separator: " ")))")
            mkdir "$work.p" || fail 'no folder for the program'
            made=1
            while read -r digest name; do
                ln -s "../../files/$digest" "$work.p/$name" || fail "no link for $name"
            done <<'END'
            \(files)
            END
            cat >"$work.p/.manifest" <<'END' || fail 'no manifest'
            \(manifest.text.hasSuffix("\n") ? String(manifest.text.dropLast()) : manifest.text)
            END
            : >"$work.p/.lock" || fail 'no lock'
            # One that is whole stays: an agent may be about to start from it. What others could put
            # into it would have been more than its files.
            [ ! -O "programs/$id" ] || chmod go-w "programs/$id" 2>/dev/null
            if whole "programs/$id"; then
                rm -rf "$work.p"
            else
                if [ -e "programs/$id" ] || [ -L "programs/$id" ]; then
                    mv "programs/$id" "$work.o" && rm -rf "$work.o"
                fi
                mv "$work.p" "programs/$id" || fail 'no place for the program'
                # Somebody else was faster: then ours is inside of theirs, which is the same.
                rm -rf "programs/$id/${work##*/}.p"
            fi
            # All of them were hashed: what came above, what was there by HostFolder.check.
            (cd files && \(HostFolder.states(manifest.digests))) >"$work.c" 2>/dev/null \\
                && mv -f "$work.c" "programs/$id/\(PlacedProgram.checkedFile)" || rm -f "$work.c"
            echo placed
            exit 0
            \(ProbeScript.endOfScript)

            """
    }

    private static func check(_ received: String) -> String {
        """
        cd "$work" || fail 'what was received has gone'
        list() { cat <<'END'
        \(received)
        END
        }
        if command -v sha256sum >/dev/null 2>&1; then
            words=$(list | while read -r digest size; do
                printf '%s  %s\\n' "$digest" "$digest"
            done | sha256sum -c 2>&1) || fail "$words"
        else
            words=$(list | while read -r digest size; do
                [ "$(wc -c <"$digest")" -eq "$size" ] || printf '%s\\n' "$digest"
            done)
            [ -z "$words" ] || fail "not whole: $words"
        fi
        chmod 755 * && mv -f * ../../files/ || fail 'the files could not be moved'
        cd "$folder" && rmdir "$work"
        """
    }

    private func byteCount(of digest: String) -> Int64 {
        manifest.files.first { $0.digest == digest }?.byteCount ?? 0
    }
}

/// The command that starts the agent.
enum StartCommand {
    /// A command of a POSIX shell.
    static func text(
        host: HostEntry, manifest: ProgramManifest, folder: String, start: AgentStart
    ) -> String {
        let place = "\(folder)/programs/\(manifest.id.rawValue)"
        // Not by env, which would take a path that has a = in it for a variable.
        var variables = start.environment.ordered { $0.key < $1.key }.map {
            "\($0.key)=\($0.value)"
        }
        variables += ["SWOOP_ROLE=agent", "\(ShippedProgram.variable)=\(place)"]
        var words: [String] = []
        if manifest.files.contains(where: { $0.name == ProgramManifest.loaderName }) {
            words += ["\(place)/loader", "--library-path", place, "--argv0", manifest.name]
        }
        words.append("\(place)/program")
        words += start.arguments
        return "export \(variables.map(ShellWord.quoted).joined(separator: " ")); exec "
            + words.map(ShellWord.quoted).joined(separator: " ")
    }
}
