// Numbers on which rooms must agree that do not know each other: each stands here once, and those
// who use it say what for.

/// Numbers that several rooms have in common.
package enum Agreed {
    /// Bytes of a value that a worker still puts into its report; a larger one is stored as a page.
    /// The scheduler books what it expects by the same bound.
    package static let reportedBytesMax = 1_024
    /// Granularity of large extents of a node's store: a huge page.
    package static let largeUnit = 2 << 20
    /// Granularity of small extents: a page of the machine's.
    package static let smallUnit = 4 << 10
    /// Bytes from which on an extent is large: it wastes less than half of what it takes.
    package static let largeBytesMin = 1 << 20
    /// How long an agent goes on that hears nothing of its coordinator, and how long a coordinator
    /// counts on agents that it does not hear.
    package static let grace: Int64 = 15 * nanosecondsPerSecond
    /// What a full queue of a socket did not take is tried again after so long: nothing wakes a
    /// loop when it has room.
    package static let retryPeriod: Int64 = 5_000_000
    /// How long an agent keeps a copy of a page that nothing reads; the scheduler counts on it for
    /// less.
    package static let copyKept: Int64 = nanosecondsPerSecond / 2
    /// A node of which nothing was heard for so long is shown as silent.
    package static let shownSilence: Int64 = 2 * nanosecondsPerSecond
    /// The most cores of a node, whoever says how many.
    package static let coresMax = 4_096
    /// Functions whose runs are kept, in memory and on disk.
    package static let functionsKept = 10_000
    /// Versions of a function that are kept per node: the present one and the one before. Closures
    /// have no names, so chains of equal steps are versions of one: of them more.
    package static func versionsKept(of identity: String) -> Int {
        LearnedName.isChain(identity) ? 16 : 2
    }
}
