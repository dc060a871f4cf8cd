// The first command on a host: a script for any POSIX shell that looks at everything that could go
// wrong later, and what its answer means. Both are pure. The shell then waits for one line more,
// the command that starts the agent: what a user's shell does when it begins may take longer than
// all of ours, so it begins once.

import SwoopLaunching
import SwoopModel

/// What is asked of a host.
enum ProbeScript {
    /// Reads a script up to its last line and runs it, with the rest of the input for itself.
    ///
    /// For the user's own shell, whichever that is: one line, no newline in quotes.
    static let command =
        #"exec /bin/sh -c 'n=$(printf "\\n_"); n=${n%_}; s=; "#
        + #"while IFS= read -r l && [ "$l" != swoop-end ]; do s=$s$l$n; done; eval "$s"'"#

    /// The line that ends the answer.
    static let end = "swoop-probe end"

    /// The script.
    ///
    /// `folder` is the bundle cache by the list; nil for the user's own.
    static func text(folder: String?, manifest: ProgramManifest) -> String {
        let place: String
        if let folder, folder.hasPrefix("~/") {
            place = "folder=$HOME/\(ShellWord.quoted(String(folder.dropFirst(2))))"
        } else {
            place =
                folder.map { "folder=\(ShellWord.quoted($0))" }
                ?? "folder=${XDG_CACHE_HOME:-$HOME/.cache}/swoop"
        }
        let digests = manifest.digests.joined(separator: " ")
        let names = manifest.files.map { ShellWord.quoted($0.name) }.joined(separator: " ")
        return """
            \(place)
            id=\(ShellWord.quoted(manifest.id.rawValue))
            \(questions)
            program=1
            for name in .manifest .lock \(names); do
                [ -e "$folder/programs/$id/$name" ] || program=0
            done
            say "program=$program"
            say sizes
            (cd "$folder/files" && wc -c \(digests)) 2>/dev/null </dev/null
            say sizes-end
            umask "$mask"
            say '\(end)'
            IFS= read -r line && eval "$line"
            swoop-end

            """
    }

    // No process of its own where the shell can do it: each costs a millisecond or more.
    private static let questions = #"""
        mask=$(umask)
        umask 077
        say() { printf '%s\n' "$1"; }
        say 'swoop-probe begin'
        say "machine=$(uname -s) $(uname -m)"
        say "connection=$SSH_CONNECTION"
        [ -e /proc/self/exe ] && say proc=1
        for tool in gzip tar mkdir mv ln chmod rm touch wc; do
            command -v "$tool" >/dev/null 2>&1 || say "absent=$tool"
        done
        if words=$(mkdir -p "$folder/files" "$folder/programs" "$folder/incoming" 2>&1); then
            folder=$(cd "$folder" && pwd -P)
            say "folder=$folder"
            try=$folder/.try.$$
            if words=$( { printf '#!/bin/sh\nexit 0\n' >"$try"; } 2>&1 ); then
                say written=1
                if words=$( { chmod 700 "$try" && "$try" </dev/null; } 2>&1 ); then
                    say executed=1
                    words=
                fi
            fi
            [ -z "$words" ] || say "words=$words"
            rm -f "$try" 2>/dev/null
            say space
            df -Pk "$folder" 2>/dev/null
            say space-end
        else
            say "words=$words"
        fi
        say "cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null)"
        while read -r key amount unit; do
            case $key in
                MemTotal:) say "memory=$amount" ;;
                MemAvailable:) say "available=$amount" ;;
            esac
        done </proc/meminfo 2>/dev/null
        """#
}

/// What a host answered to the script.
struct ProbeAnswer {
    private var values: [String: String] = [:]
    /// Digests of the manifest that are not there in their full size.
    private var missing: [String] = []
    private var absent: [String] = []
    private var freeBytes: Int64?
    private let isWhole: Bool
    private let result: CommandResult

    /// Reads the answer; what the user's shell prints by itself is passed over.
    init(_ result: CommandResult, manifest: ProgramManifest) {
        self.result = result
        let lines = String(decoding: result.output, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let begin = lines.firstIndex(of: "swoop-probe begin")
        isWhole = begin != nil && lines.contains("swoop-probe end")
        var section = ""
        var sizes: [String: Int64] = [:]
        for line in lines[(begin ?? lines.endIndex)...] {
            switch line {
            case "space", "sizes": section = String(line)
            case "space-end", "sizes-end": section = ""
            case _ where section == "space": freeBytes = Self.freeBytes(line) ?? freeBytes
            case _ where section == "sizes":
                let words = line.split(separator: " ")
                if words.count == 2 { sizes[String(words[1])] = Int64(words[0]) }
            default:
                let key = line.prefix { $0 != "=" }
                let value = String(line.dropFirst(key.count + 1))
                if key == "absent" { absent.append(value) } else { values[String(key)] = value }
            }
        }
        let wanted = Dictionary(manifest.files.map { ($0.digest, $0.byteCount) }) { one, _ in one }
        missing = manifest.digests.filter { sizes[$0] != wanted[$0] }
    }

    /// Why nothing can run there; nil when everything is fine.
    func objection(
        to manifest: ProgramManifest, user: String
    ) -> (message: String, words: String)? {
        guard isWhole else { return noShell(user: user) }
        let machine = values["machine"] ?? ""
        guard machine.hasPrefix("Linux ") else {
            return ("it runs \(machine.isEmpty ? "another system" : machine), not Linux.", "")
        }
        guard architecture == manifest.architecture else {
            return (
                "it is a \(architecture) machine, and the program was built for"
                    + " \(manifest.architecture).", ""
            )
        }
        guard values["proc"] != nil else {
            return ("/proc is not mounted there; Swift programs need it.", "")
        }
        let words = values["words"] ?? ""
        guard let folder = values["folder"] else {
            return (
                "\(user) cannot make the folder for programs there; name another folder.", words
            )
        }
        guard values["written"] != nil else {
            return ("\(user) cannot write into \(folder); name another folder.", words)
        }
        guard values["executed"] != nil else {
            return (
                "nothing can be executed in \(folder) (a noexec file system?); name another"
                    + " folder.",
                words
            )
        }
        if let tool = absent.first {
            return ("there is no \(tool), which unpacking needs.", "")
        }
        let needed = manifest.byteCount(ofMissing: missing)
        // A file system cannot be filled to its last byte.
        if let free = freeBytes, needed > 0, free < needed + needed / 50 + (1 << 20) {
            return (
                "\(folder) has \(ByteWords.of(free)) free and the program needs"
                    + " \(ByteWords.of(needed)); name another folder.", ""
            )
        }
        return nil
    }

    /// Everything that was found; objections come first.
    var facts: HostFacts {
        let connection = (values["connection"] ?? "").split(separator: " ").map(String.init)
        let kibibytes = { (key: String) in (values[key].flatMap(Int64.init) ?? 0) << 10 }
        return HostFacts(
            architecture: architecture, cores: max(1, values["cores"].flatMap { Int($0) } ?? 1),
            memoryBytes: kibibytes("memory"), availableMemoryBytes: kibibytes("available"),
            freeBytes: freeBytes ?? 0, folder: values["folder"] ?? "",
            clientAddress: connection.first ?? "",
            hostAddress: connection.count > 2 ? connection[2] : "", missing: missing)
    }

    /// True when the program's folder is in place, and so all of its files.
    var hasProgram: Bool { values["program"] == "1" && missing.isEmpty }

    private var architecture: String {
        (values["machine"] ?? "").split(separator: " ").last.map(String.init) ?? ""
    }

    /// The column before the percentage: names of devices may have spaces.
    private static func freeBytes(_ line: Substring) -> Int64? {
        let words = line.split(separator: " ")
        guard let place = words.lastIndex(where: { $0.hasSuffix("%") }), place > 0 else {
            return nil
        }
        return Int64(words[place - 1]).map { $0 << 10 }
    }

    private func noShell(user: String) -> (String, String) {
        let words = String(decoding: result.output + result.errorOutput, as: UTF8.self)
        let how = result.signal.map { "signal \($0)" } ?? "status \(result.code)"
        return (
            "\(user) has no shell there that runs commands (it ended with \(how)).", words
        )
    }
}

extension ProgramManifest {
    /// Bytes of the files with these digests.
    func byteCount(ofMissing digests: [String]) -> Int64 {
        let wanted = Set(digests)
        var seen: Set<String> = []
        return files.reduce(0) { sum, file in
            wanted.contains(file.digest) && seen.insert(file.digest).inserted
                ? sum + file.byteCount : sum
        }
    }
}

/// Amounts of bytes for people.
enum ByteWords {
    /// Such as `12.5 MB`.
    static func of(_ bytes: Int64) -> String {
        let tenths = bytes / 100_000
        return bytes < 1_000_000 ? "\(bytes / 1_000) kB" : "\(tenths / 10).\(tenths % 10) MB"
    }
}
