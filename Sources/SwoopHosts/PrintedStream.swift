// What a command on a host has printed: whoever waits for a mark gets every line, whatever came
// before it; what is kept is the end, since what matters comes last. Pure.

/// One stream of a command, as it comes.
struct PrintedStream {
    /// What is kept of it; more is dropped from its beginning.
    static let limit = 1 << 20
    /// At least so much.
    private(set) var tail: [UInt8] = []
    /// Where in it the first line begins that was not taken.
    private var unread = 0
    /// Up to where in it was looked for ends of lines.
    private var searched = 0

    /// Adds what came.
    mutating func append(_ bytes: ArraySlice<UInt8>) {
        tail += bytes
        // Not at every call: what is kept is moved.
        guard tail.count > 2 * Self.limit else { return }
        let excess = tail.count - Self.limit
        tail.removeFirst(excess)
        unread = max(0, unread - excess)
        searched = max(0, searched - excess)
    }

    /// The lines that are whole and were not taken yet, without their ends; a return before the
    /// end, as of a terminal, is none of theirs.
    ///
    /// Of one that is longer than what is kept the end is left.
    mutating func takeLines() -> [ArraySlice<UInt8>] {
        let newline = UInt8(ascii: "\n")
        guard let end = tail[searched...].lastIndex(of: newline) else {
            searched = tail.count
            return []
        }
        let lines = tail[unread..<end].split(separator: newline, omittingEmptySubsequences: false)
        unread = end + 1
        searched = unread
        return lines.map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
    }
}
