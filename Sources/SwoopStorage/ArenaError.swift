// What can go wrong with the memory that pages live in.

import SwoopTransport

/// A failure of the arena.
package enum ArenaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The byte budget, or its largest hole, is too small for this now: spill or wait.
    case full(bytes: Int, largestHole: Int)
    /// The machine has no memory for it, though the budget has; `code` is the errno.
    case memoryExhausted(code: Int32)
    /// A place that does not lie in the arena, or a size that no page has.
    case outOfBounds(offset: Int, bytes: Int)
    /// A system call failed; `code` is its errno.
    case systemCall(String, code: Int32)

    package var description: String {
        switch self {
        case .full(let bytes, let hole):
            "the page store has no room for \(bytes) bytes (its largest hole has \(hole))"
        case .memoryExhausted(let code):
            "the machine has no memory left for pages: \(SystemWords.of(code))"
        case .outOfBounds(let offset, let bytes):
            "\(bytes) bytes at \(offset) do not lie in the page store"
        case .systemCall(let name, let code): "\(name) failed: \(SystemWords.of(code))"
        }
    }
}
