// The keys that hosts had before, as OpenSSH keeps them: patterns, ports, hashed names and marks.
// Deciding is pure; the hash of a hashed name is handed in.

import SwoopModel

/// One line of a file of known hosts.
struct KnownHostLine: Equatable, Sendable {
    var file: String
    var number: Int
    /// `@revoked` or `@cert-authority`.
    var mark: String?
    /// Patterns, or one hashed name.
    var names: String
    var kind: String
    var key: [UInt8]

    /// Reads a line; nil for comments and what is none.
    init?(_ text: Substring, file: String, number: Int) {
        var words = text.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }.map(Substring.init)
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        if first.hasPrefix("@") { mark = String(words.removeFirst()) }
        guard words.count >= 3, let key = Base64.decoded(words[2].utf8), !key.isEmpty else {
            return nil
        }
        self.file = file
        self.number = number
        names = String(words[0])
        kind = String(words[1])
        self.key = key
    }

    /// The lines of a file.
    static func lines(of text: String, file: String) -> [KnownHostLine] {
        text.pieces(at: "\n", omittingEmpty: false).enumerated()
            .compactMap { KnownHostLine($1, file: file, number: $0 + 1) }
    }

    /// True when it speaks of a host; `isHash` says whether a hashed name is the hash of a name.
    func names(_ host: String, isHash: (_ hashed: String, _ name: String) -> Bool) -> Bool {
        if names.hasPrefix("|") { return isHash(names, host) }
        var isNamed = false
        for pattern in names.pieces(at: ",") {
            if pattern.utf8.first == UInt8(ascii: "!") {
                if Self.matches(Substring(pattern.utf8.dropFirst()), host) { return false }
            } else if Self.matches(pattern, host) {
                isNamed = true
            }
        }
        return isNamed
    }

    /// `*` is any number of characters, `?` is one; letters may be small or capital.
    static func matches(_ pattern: Substring, _ name: String) -> Bool {
        let pattern = Array(pattern.lowercased().utf8)
        let name = Array(name.lowercased().utf8)
        var (place, index) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < name.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, index)
                place += 1
            } else if place < pattern.count,
                pattern[place] == UInt8(ascii: "?") || pattern[place] == name[index]
            {
                place += 1
                index += 1
            } else if let last = star {
                star = (last.place, last.index + 1)
                place = last.place + 1
                index = last.index + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// What is known about one host.
struct KnownHost: Sendable {
    /// What the known hosts call it: its name, with a port that is not 22.
    let name: String
    private let own: [KnownHostLine]
    /// Lines with the name but without the port: another server of that machine, which says nothing
    /// of this one but that a key was revoked.
    private let portless: [KnownHostLine]

    /// What a host's key is to the known hosts.
    enum Verdict: Equatable, Sendable {
        case known
        case unknown
        /// It is the key of the server at the usual port, and none is known of this port's.
        case otherPort(KnownHostLine)
        /// Another key of the same kind.
        case changed(KnownHostLine)
        /// There are keys, but none of this kind.
        case otherKind(KnownHostLine)
        case revoked(KnownHostLine)
    }

    /// Picks the lines of a host.
    init(
        host: String, port: Int, lines: [KnownHostLine],
        isHash: (_ hashed: String, _ name: String) -> Bool
    ) {
        let name = port == 22 ? host : "[\(host)]:\(port)"
        self.name = name
        let usable = lines.filter { $0.mark == nil || $0.mark == "@revoked" }
        own = usable.filter { $0.names(name, isHash: isHash) }
        portless = port == 22 ? [] : usable.filter { $0.names(host, isHash: isHash) }
    }

    /// The kinds of its keys, as they are written.
    var kinds: [String] {
        let lines = own.isEmpty ? portless : own
        return lines.filter { $0.mark == nil }.map(\.kind)
    }

    /// Judges the key that it shows.
    func verdict(kind: String, key: [UInt8]) -> Verdict {
        for line in own + portless where line.mark == "@revoked" && line.key == key {
            return .revoked(line)
        }
        let keys = own.filter { $0.mark == nil }
        if keys.contains(where: { $0.key == key }) { return .known }
        if let line = keys.first(where: { $0.kind == kind }) { return .changed(line) }
        if let line = keys.first { return .otherKind(line) }
        return portless.first { $0.mark == nil && $0.key == key }.map { .otherPort($0) } ?? .unknown
    }
}
