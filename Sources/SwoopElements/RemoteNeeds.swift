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
public struct _RemoteNeeds: Hashable, Sendable {
    /// Memory, its result included.
    public let memory: MemorySize
    /// Cores; at least 1.
    public let cores: Int

    /// How long a run may take; nil: any time.
    public let timeout: Duration?
    /// Further attempts at a task whose run threw or took too long.
    public let retries: Int
    /// The pause before the first of them; each further one is twice as long.
    public let backOff: Duration

    /// Describes what a run takes; called by macro-made code.
    public init(
        memory: MemorySize = .undeclared, cores: Int = 1, timeout: Duration? = nil,
        retries: Int = 0, backOff: Duration = .milliseconds(100)
    ) {
        self.memory = memory
        self.cores = max(1, cores)
        self.timeout = timeout
        self.retries = max(0, retries)
        self.backOff = backOff
    }
}
