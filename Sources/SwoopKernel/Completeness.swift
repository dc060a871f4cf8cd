// Whether a cell that is being typed in a console is complete: brackets, texts and comments that
// were begun have ended.

/// What a console is to do when a line was typed.
package enum Completeness: Hashable, Sendable {
    case complete
    /// More is to come, with this indentation.
    case incomplete(indent: Int)
    case invalid

    /// Looks at brackets, texts and comments.
    package static func of(_ code: String) -> Completeness {
        var scan = CompletenessScan(Array(code.utf8))
        return scan.run()
    }

    /// As the protocol says it.
    var content: JSONValue {
        switch self {
        case .complete: ["status": "complete"]
        case .incomplete(let indent):
            ["status": "incomplete", "indent": .text(String(repeating: " ", count: indent))]
        case .invalid: ["status": "invalid"]
        }
    }
}

private struct CompletenessScan {
    private enum Open: Equatable {
        case bracket(UInt8)
        case text(hashes: Int, isLong: Bool)
        case interpolation
    }

    private let bytes: [UInt8]
    private var place = 0
    private var open: [Open] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func starts(_ text: String) -> Bool {
        bytes[place...].starts(with: Array(text.utf8))
    }

    mutating func run() -> Completeness {
        while place < bytes.count {
            if case .text(let hashes, let isLong) = open.last {
                if !scanText(hashes: hashes, isLong: isLong) { return .invalid }
            } else if !scanCode() {
                return place >= bytes.count ? .incomplete(indent: 0) : .invalid
            }
        }
        let brackets = open.count { $0 != .interpolation }
        return open.isEmpty ? .complete : .incomplete(indent: brackets * 4)
    }

    /// One step outside of texts; false: it cannot go on.
    private mutating func scanCode() -> Bool {
        if starts("//") {
            while place < bytes.count, bytes[place] != 0x0A { place += 1 }
            return true
        }
        if starts("/*") { return skipComment() }
        let byte = bytes[place]
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): open.append(.bracket(byte))
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            guard close(byte) else { return false }
        case UInt8(ascii: "\""), UInt8(ascii: "#"): return beginText()
        default: break
        }
        place += 1
        return true
    }

    private mutating func close(_ byte: UInt8) -> Bool {
        let pairs: [UInt8: UInt8] = [0x29: 0x28, 0x5D: 0x5B, 0x7D: 0x7B]
        if byte == 0x29, open.last == .interpolation {
            open.removeLast()
            return true
        }
        guard let opening = pairs[byte], open.last == .bracket(opening) else { return false }
        open.removeLast()
        return true
    }

    private mutating func skipComment() -> Bool {
        var depth = 0
        while place < bytes.count {
            if starts("/*") {
                depth += 1
                place += 2
            } else if starts("*/") {
                depth -= 1
                place += 2
                if depth == 0 { return true }
            } else {
                place += 1
            }
        }
        return false
    }

    private mutating func beginText() -> Bool {
        var hashes = 0
        while place + hashes < bytes.count, bytes[place + hashes] == UInt8(ascii: "#") {
            hashes += 1
        }
        guard place + hashes < bytes.count, bytes[place + hashes] == UInt8(ascii: "\"") else {
            place += max(hashes, 1)
            return true
        }
        place += hashes
        let isLong = starts("\"\"\"")
        place += isLong ? 3 : 1
        open.append(.text(hashes: hashes, isLong: isLong))
        return true
    }

    /// One step inside of a text; false: it ended with its line.
    private mutating func scanText(hashes: Int, isLong: Bool) -> Bool {
        let marks = String(repeating: "#", count: hashes)
        if starts((isLong ? "\"\"\"" : "\"") + marks) {
            place += (isLong ? 3 : 1) + hashes
            open.removeLast()
        } else if starts("\\" + marks + "(") {
            place += 2 + hashes
            open.append(.interpolation)
        } else if starts("\\" + marks) {
            place += 2 + hashes
        } else if bytes[place] == 0x0A, !isLong {
            return false
        } else {
            place += 1
        }
        return true
    }
}
