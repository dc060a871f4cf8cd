// What the author of a remote function says that each of its runs takes: `@Remote(memory:cores:)`.

/// An amount of memory, as it is declared.
public struct MemorySize: Hashable, Sendable {
    /// The same in bytes; never negative.
    public let byteCount: Int64

    /// Nothing is said.
    public static let undeclared = MemorySize(byteCount: 0)

    private init(byteCount: Int64) { self.byteCount = byteCount }

    private init(_ count: Int, times unit: Int64) {
        let (bytes, overflow) = Int64(max(0, count)).multipliedReportingOverflow(by: unit)
        byteCount = overflow ? .max : bytes
    }

    /// So many bytes.
    public static func bytes(_ count: Int) -> MemorySize { MemorySize(count, times: 1) }

    /// So many millions of bytes.
    public static func megabytes(_ count: Int) -> MemorySize { MemorySize(count, times: 1_000_000) }

    /// So many thousand millions of bytes.
    public static func gigabytes(_ count: Int) -> MemorySize {
        MemorySize(count, times: 1_000_000_000)
    }
}

/// What each run of a remote function takes, as declared.
public struct RemoteNeeds: Hashable, Sendable {
    /// Memory, its result included.
    public let memory: MemorySize
    /// Cores; at least 1.
    public let cores: Int

    /// Describes what a run takes; called by macro-made code.
    public init(memory: MemorySize = .undeclared, cores: Int = 1) {
        self.memory = memory
        self.cores = max(1, cores)
    }
}
