// How much memory a process may use: not what the machine has, but what its control groups and its
// own limits leave. Texts and numbers in, numbers out.

/// What one control group may have, and has.
package struct GroupMemory: Equatable, Sendable {
    package var limit: Int
    package var used: Int
    /// Of files that nobody has looked at for long: it is given back when something else is wanted.
    package var cached: Int

    package init(limit: Int, used: Int, cached: Int) {
        self.limit = limit
        self.used = used
        self.cached = cached
    }

    /// Bytes that it could still take.
    package var availableBytes: Int {
        let taken = used - min(max(0, used), max(0, cached))
        return max(0, limit - max(0, taken))
    }

    /// Of memory.max, memory.high, memory.current and memory.stat; nil: it has no limit, which is
    /// the word `max`.
    ///
    /// Over `high` nothing fails, but everything waits.
    package init?(unified limit: String?, high: String?, used: String?, statistics: String?) {
        let limits = [limit, high].compactMap { $0.flatMap(Self.number) }
        guard let limit = limits.min(), let used = used.flatMap(Self.number) else { return nil }
        self.init(
            limit: limit, used: used,
            cached: Self.field("inactive_file", of: statistics ?? "") ?? 0)
    }

    /// Of memory.limit_in_bytes, memory.usage_in_bytes and memory.stat; nil: it has no limit, which
    /// is the largest number of whole pages.
    package init?(first limit: String?, used: String?, statistics: String?) {
        guard let limit = limit.flatMap(Self.number), limit < 1 << 60,
            let used = used.flatMap(Self.number)
        else { return nil }
        self.init(
            limit: limit, used: used,
            cached: Self.field("total_inactive_file", of: statistics ?? "") ?? 0)
    }

    private static func number(_ text: String) -> Int? {
        text.split { $0 == " " || $0 == "\n" }.first.flatMap { Int($0) }
    }

    private static func field(_ name: String, of text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}

/// What limits the memory that pages of a node may take.
package struct PageAllowance: Equatable, Sendable {
    /// Of the machine, or of the control groups, whichever has less.
    package var memoryBytes: Int
    /// Addresses, and private memory, that a process may still take; nil: no limit.
    package var spaceLeft: Int?
    package var dataLeft: Int?
    /// Bytes that a file may have, and pages in memory are one; nil: no limit.
    package var fileBytes: Int?

    package init(
        memoryBytes: Int, spaceLeft: Int? = nil, dataLeft: Int? = nil, fileBytes: Int? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.spaceLeft = spaceLeft
        self.dataLeft = dataLeft
        self.fileBytes = fileBytes
    }

    /// Half of the memory: the other half is for what tasks do.
    ///
    /// Of addresses a quarter, since what is written has some of its own.
    package var budget: Int {
        let parts = [memoryBytes / 2, spaceLeft.map { $0 / 4 }, dataLeft.map { $0 / 2 }, fileBytes]
        return max(0, parts.compactMap { $0 }.min() ?? 0)
    }
}
