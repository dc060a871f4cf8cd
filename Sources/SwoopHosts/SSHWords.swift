// Lines of an SSH configuration, taken apart as OpenSSH does (argv_split in its misc.c): quotes,
// escapes, remarks. `ssh -G` prints several file names in one line without quotes, so where one
// has a blank in it only the line that it came from tells where the name ends. Pure.

import SwoopModel

/// A line of an SSH configuration.
package struct SSHWords: Equatable, Sendable {
    /// The keyword in small letters.
    package var keyword: String
    /// The words behind it, without quotes and escapes.
    package var words: [String]

    /// Takes a line apart; nil for a remark, an empty line, and quotes without an end.
    package init?(line: Substring) {
        var bytes = Array(line.utf8)
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var place = bytes.firstIndex { !isBlank($0) } ?? bytes.count
        let start = place
        while place < bytes.count, !isBlank(bytes[place]), bytes[place] != UInt8(ascii: "=") {
            place += 1
        }
        guard place > start, bytes[start] != UInt8(ascii: "#") else { return nil }
        keyword = String(decoding: bytes[start..<place], as: UTF8.self).lowercased()
        while place < bytes.count, isBlank(bytes[place]) { place += 1 }
        if place < bytes.count, bytes[place] == UInt8(ascii: "=") { place += 1 }
        guard let words = Self.words(bytes[place...]) else { return nil }
        self.words = words
    }

    private static func words(_ bytes: ArraySlice<UInt8>) -> [String]? {
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        var place = bytes.startIndex
        while place < bytes.endIndex {
            let byte = bytes[place]
            let next = place + 1 < bytes.endIndex ? bytes[place + 1] : 0
            place += 1
            switch byte {
            case UInt8(ascii: "\\"):
                let isEscape =
                    "'\"\\".utf8.contains(next) || (quote == nil && next == UInt8(ascii: " "))
                word = (word ?? []) + [isEscape ? next : byte]
                if isEscape { place += 1 }
            case quote: quote = nil
            case UInt8(ascii: "'") where quote == nil, UInt8(ascii: "\"") where quote == nil:
                quote = byte
                word = word ?? []
            case 0x20 where quote == nil, 0x09 where quote == nil:
                if let ended = word { words.append(String(decoding: ended, as: UTF8.self)) }
                word = nil
            case UInt8(ascii: "#") where word == nil: return words
            default: word = (word ?? []) + [byte]
            }
        }
        guard quote == nil else { return nil }
        if let ended = word { words.append(String(decoding: ended, as: UTF8.self)) }
        return words
    }
}

/// Names of files as `ssh -G` prints them: with a blank between two.
struct PrintedFiles: Equatable, Sendable {
    var paths: [String]
    /// Blanks may end a name or be part of it, and nothing says which.
    var isUnclear = false

    /// - Parameters:
    ///   - printed: the value of one line of `ssh -G`.
    ///   - usual: the names without any configuration.
    ///   - candidates: words of the lines that it may come from, with names as they are printed.
    init(_ printed: String, usual: [String], candidates: () -> [[String]]) {
        let pieces = printed.pieces(at: " ").map(String.init)
        if pieces == ["none"] || pieces.isEmpty {
            paths = []
        } else if pieces.count == 1, pieces[0] == printed {
            paths = pieces
        } else if let words = ([usual] + candidates()).first(where: {
            $0.joined(separator: " ") == printed
        }) {
            paths = words
        } else {
            paths = pieces
            isUnclear = true
        }
    }
}
