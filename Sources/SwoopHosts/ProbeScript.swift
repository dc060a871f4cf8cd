// The first command on a host: a script for any POSIX shell that looks at everything that could go
// wrong later, and what its answer means. Both are pure. The shell then waits for one line more,
// the command that starts the agent: what a user's shell does when it begins may take longer than
// all of ours, so it begins once.

import SwoopLaunching
package import SwoopModel

/// What is asked of a host.
package enum ProbeScript {
    /// Reads a script up to its last line and runs it, with the rest of the input for itself; `$n`
    /// is a line's end there.
    ///
    /// For the user's own shell, whichever that is: one line, no newline in quotes. No word that
    /// somebody chose is in it: those are only ever read by /bin/sh.
    package static let command = "exec /bin/sh -c '\(reading)'"

    /// The same for /bin/sh, with no quotes of the one kind.
    static let reading =
        #"n=$(printf "\\n_"); n=${n%_}; s=; "#
        + #"while IFS= read -r l && [ "$l" != swoop-end ]; do s=$s$l$n; done; eval "$s""#

    /// The line that ends a script.
    package static let endOfScript = "swoop-end"

    /// The line that the answer begins with.
    static let begin = "swoop-probe begin"
    /// The line that ends the answer.
    static let end = "swoop-probe end"

    /// The script.
    ///
    /// `folder` is the bundle cache by the list; nil for the user's own.
    package static func text(folder: String?, manifest: ProgramManifest) -> String {
        """
        \(place(folder))
        id=\(ShellWord.quoted(manifest.id.rawValue))
        \(HostFolder.entering)
        \(HostFolder.whole(manifest))
        \(questions)
        if [ -n "$ours" ]; then
            program=0
            [ -n "$spoiled" ] || { whole "programs/$id" && program=1; }
            say "program=$program"
            say states
            (cd files && { \(HostFolder.states(manifest.digests)); }) 2>/dev/null </dev/null
            say states-end
            record=programs/$id/\(PlacedProgram.checkedFile)
            if [ $program = 1 ] && [ -f "$record" ] && [ ! -L "$record" ] && [ -O "$record" ]; then
                say checked
                cat "$record" 2>/dev/null
                say checked-end
            fi
        fi
        cd "$home" 2>/dev/null || cd /
        umask "$mask"
        say '\(end)'
        IFS= read -r line && eval "$line"
        \(endOfScript)

        """
    }

    private static func place(_ folder: String?) -> String {
        guard let folder else {
            // As the specification of XDG_CACHE_HOME has it, one that is not absolute is passed
            // over.
            return """
                case ${XDG_CACHE_HOME-} in
                    /*) folder=$XDG_CACHE_HOME/swoop ;;
                    *) folder=$HOME/.cache/swoop ;;
                esac
                """
        }
        guard folder.utf8.starts(with: "~/".utf8) else {
            return "folder=\(ShellWord.quoted(folder))"
        }
        return "folder=$HOME/\(ShellWord.quoted(String(folder.dropFirst(2))))"
    }

    // No process of its own where the shell can do it: each costs a millisecond or more.
    private static let questions = #"""
        mask=$(umask)
        umask 077
        home=$PWD
        say() { printf '%s\n' "$1"; }
        printf '\nswoop-probe begin\n'
        say "machine=$(uname -s) $(uname -m)"
        say "connection=$SSH_CONNECTION"
        [ -e /proc/self/exe ] && say proc=1
        for tool in gzip tar mkdir mv ln chmod rm touch wc ls cat; do
            command -v "$tool" >/dev/null 2>&1 || say "absent=$tool"
        done
        enter
        if [ -n "$ours" ]; then
            try=.try.$$
            if words=$( { printf '#!/bin/sh\nexit 0\n' >"$try"; } 2>&1 ); then
                say written=1
                if words=$( { chmod 700 "$try" && "./$try" </dev/null; } 2>&1 ); then
                    say executed=1
                    words=
                fi
            fi
            [ -z "$words" ] || say "words=$words"
            rm -f "$try" 2>/dev/null
            say space
            df -Pk . 2>/dev/null
            say space-end
        fi
        """#
}

/// What a host answered to the script.
struct ProbeAnswer {
    private var values: [String: String] = [:]
    /// Digests of the manifest that are not there in their full size.
    private var missing: [String] = []
    /// Digests of files that are there, and of which nothing says that their bytes are right.
    private(set) var unchecked: [String] = []
    /// What is wrong with the first folder that others could change: a line of `ls -ldn`.
    private var unsafeLine: String?
    private var absent: [String] = []
    private var freeBytes: Int64?
    let isWhole: Bool
    private let result: CommandResult

    /// Reads the answer; what the user's shell prints by itself is passed over.
    init(_ result: CommandResult, manifest: ProgramManifest) {
        self.result = result
        let lines = result.output
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Substring(decoding: $0, as: UTF8.self) }
        let begin = lines.firstIndex(of: "swoop-probe begin")
        isWhole = begin != nil && lines.contains("swoop-probe end")
        var section = ""
        var sizes: [String: Int64] = [:]
        var states: [String: Substring] = [:]
        var recorded: Set<Substring> = []
        for line in lines[(begin ?? lines.endIndex)...] {
            switch line {
            case "space", "states", "checked": section = String(line)
            case "space-end", "states-end", "checked-end": section = ""
            case _ where section == "space": freeBytes = Self.freeBytes(line) ?? freeBytes
            case _ where section == "checked": recorded.insert(line)
            case _ where section == "states":
                if let (name, byteCount) = FileState.read(line) {
                    (sizes[name], states[name]) = (byteCount, line)
                    continue
                }
                let words = line.pieces(at: " ")
                if words.count == 2 { sizes[String(words[1])] = Int64(words[0]) }
            default: take(line)
            }
        }
        let wanted = Dictionary(manifest.files.map { ($0.digest, $0.byteCount) }) { one, _ in one }
        missing = manifest.digests.filter { sizes[$0] != wanted[$0] }
        let there = manifest.digests.filter { sizes[$0] == wanted[$0] }
        unchecked = there.filter { states[$0].map(recorded.contains) != true }
    }

    private mutating func take(_ line: Substring) {
        let (key, rest) = line.halves(at: "=") ?? (line, "")
        let value = String(rest)
        switch key {
        case "absent": absent.append(value)
        case "unsafe": unsafeLine = unsafeLine ?? value
        default: values[String(key)] = value
        }
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
        if let fault = faultOnTheWay ?? fault(of: folder) { return (fault, "") }
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

    /// That somebody else can lead to another folder.
    private var faultOnTheWay: String? {
        guard let words = values["way"]?.split(separator: " ", maxSplits: 2).map(String.init),
            words.count == 3
        else { return nil }
        let isOwner = words[0].utf8.allSatisfy { (0x30...0x39).contains($0) }
        let fault =
            isOwner
            ? FolderFault.foreign(owner: words[0]) : Self.fault(ofMode: words[0], group: words[1])
        return fault.words(of: words[2])
    }

    /// The fault of a folder by words of a line of `ls -ldn`.
    ///
    /// - Parameter group: who may write there if its user is alone in it; nil: nobody may.
    private static func fault(ofMode mode: String, group: String?) -> FolderFault {
        let bytes = Array(mode.utf8)
        let isOpen = bytes.count > 8 && bytes[8] == UInt8(ascii: "w")
        if !isOpen, let group, !mode.hasSuffix("+") { return .shared(group: group, mode: mode) }
        return .open(mode: mode)
    }

    /// Why nothing may be put into the folder; nil when it may.
    private func fault(of folder: String) -> String? {
        // What is no text, or was cut at a line's end, would name another folder.
        guard folder.utf8.starts(with: "/".utf8), HostNames.isPrintable(folder),
            !folder.unicodeScalars.contains("\u{fffd}")
        else {
            return "the path of its folder for programs is no text that can be shown; name another"
                + " folder."
        }
        guard FolderFault.isSearchable(folder) else {
            return FolderFault.unsearchable.words(of: folder)
        }
        guard let unsafeLine else { return nil }
        let words = unsafeLine.pieces(at: " ").map(String.init)
        // Of a link what is before the arrow.
        guard words.count >= 5, let name = words.prefix(while: { $0 != "->" }).last else {
            return "it does not say whom \(folder) belongs to; name another folder."
        }
        let path = Self.path(name, from: folder)
        let mode = Array(words[0].utf8)
        guard mode.first == UInt8(ascii: "d"), mode.count >= 10 else {
            return FolderFault.noFolder.words(of: path)
        }
        let isOpen = mode[5] == UInt8(ascii: "w") || mode[8] == UInt8(ascii: "w")
        // Above the folder the sticky bit keeps others from renaming it; in it they add files.
        let isAbove = name == "/" || name.hasPrefix("..")
        let isSticky = isAbove && mode[9] | 0x20 == UInt8(ascii: "t")
        return isOpen && !isSticky
            ? Self.fault(ofMode: words[0], group: isAbove ? words[3] : nil).words(of: path)
            : FolderFault.foreign(owner: words[2]).words(of: path)
    }

    /// The path of a name such as `../..` in a folder.
    private static func path(_ name: String, from folder: String) -> String {
        if name == "/" { return name }
        var parts = folder.pieces(at: "/").map(String.init)
        for part in name.pieces(at: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Everything that was found; objections come first.
    var facts: HostFacts {
        let connection = (values["connection"] ?? "").pieces(at: " ").map(String.init)
        return HostFacts(
            architecture: architecture, freeBytes: freeBytes ?? 0, folder: values["folder"] ?? "",
            clientAddress: "", hostAddress: SocketAddress.figures(connection, at: 2) ?? "",
            missing: missing)
    }

    /// True when the program's folder is in place, and so all of its files, whose bytes are known
    /// to be right.
    var hasProgram: Bool { values["program"] == "1" && missing.isEmpty && unchecked.isEmpty }

    private var architecture: String {
        (values["machine"] ?? "").pieces(at: " ").last.map(String.init) ?? ""
    }

    /// The column before the percentage: names of devices may have spaces.
    static func freeBytes(_ line: Substring) -> Int64? {
        let words = line.pieces(at: " ")
        guard let place = words.lastIndex(where: { $0.hasSuffix("%") }), place > 0 else {
            return nil
        }
        return Int64(words[place - 1]).flatMap {
            $0 >= 0 ? $0.multipliedClamped(by: 1_024) : nil
        }
    }

    private func noShell(user: String) -> (String, String) {
        let words = String(decoding: result.output + result.errorOutput, as: UTF8.self)
        let how = result.signal.map { "signal \($0)" } ?? "status \(result.code)"
        return (
            "\(user) has no shell there that runs commands (it ended with \(how)). A start-up file "
                + "such as ~/.bashrc that calls exit does so, or an account without a shell.",
            words
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
