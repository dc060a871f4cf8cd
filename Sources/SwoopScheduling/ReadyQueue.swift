// Tasks that could run, of each client the longest remaining path first; equal ones in the order of
// becoming ready. Entries of tasks that are no longer ready stay where they are and are skipped:
// removal from the middle would cost more than it saves.

/// One entry: enough to order it and to recognise that it is stale.
package struct ReadyEntry: Comparable, Sendable {
    package let rank: Int64
    package let sequence: UInt64
    package let task: TaskLink

    package var index: TaskIndex { task.index }

    package static func < (left: ReadyEntry, right: ReadyEntry) -> Bool {
        left.rank == right.rank ? left.sequence > right.sequence : left.rank < right.rank
    }
}

/// One line of the ready queue: tasks of one share of the cores that do the same to memory.
///
/// Each share's stand by themselves, so that one whose program no node has yet keeps nobody else
/// from running; and so do those that fill memory, so that they keep nobody waiting who relieves
/// it.
package struct ReadyLine: Equatable, Sendable {
    /// The share's place in the scheduler's table.
    package let share: Int
    package let effect: MemoryEffect

    package init(share: Int, effect: MemoryEffect) {
        self.share = share
        self.effect = effect
    }

    fileprivate init(place: Int) {
        share = place / MemoryEffect.allCases.count
        effect = MemoryEffect.allCases[place % MemoryEffect.allCases.count]
    }

    /// Where the line stands in a table of all lines.
    package var place: Int { share * MemoryEffect.allCases.count + Int(effect.rawValue) }
}

/// The ready tasks. Holds every one of them at least once, and stale entries.
package struct ReadyQueue: Sendable {
    /// By place of the line.
    private var lines: [ReadyEntries] = []
    private var sequence: UInt64 = 0
    private var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Whether no task of the share at that place of the table is ready.
    package func isEmpty(of share: Int) -> Bool {
        MemoryEffect.allCases.allSatisfy { isEmpty(ReadyLine(share: share, effect: $0)) }
    }

    private func isEmpty(_ line: ReadyLine) -> Bool {
        line.place >= lines.count || lines[line.place].isEmpty
    }

    /// Adds a task that has become ready.
    package mutating func push(_ task: TaskLink, rank: Int64, in line: ReadyLine) {
        sequence += 1
        restore(ReadyEntry(rank: rank, sequence: sequence, task: task), in: line)
    }

    /// The line that is next, without lines that are passed over; nil: there is none. Of one
    /// share's it is the one with the first entry, of several shares' that of the one served least.
    ///
    /// - Parameters:
    ///   - isPassed: by place of the line.
    ///   - keepsMemory: whether tasks that fill memory go after all others.
    package func first(
        unless isPassed: [Bool], keepsMemory: Bool, of shares: CoreShares
    ) -> ReadyLine? {
        var best: (line: ReadyLine, isPreferred: Bool, served: Double, entry: ReadyEntry)?
        for place in lines.indices where place >= isPassed.count || !isPassed[place] {
            guard let entry = lines[place].first else { continue }
            let line = ReadyLine(place: place)
            let served = shares[line.share].served
            let isPreferred = keepsMemory && line.effect != .filling
            if let best {
                if best.isPreferred != isPreferred {
                    if best.isPreferred { continue }
                } else if best.served != served {
                    if best.served < served { continue }
                } else if entry < best.entry {
                    continue
                }
            }
            best = (line, isPreferred, served, entry)
        }
        return best?.line
    }

    /// The share that was served least among those that have entries.
    func leastServed(of shares: CoreShares) -> Int? {
        shares.table.indices.filter { !isEmpty(of: $0) }
            .min { shares[$0].served < shares[$1].served }
    }

    /// Takes the first entry of a line, which may be stale.
    package mutating func pop(_ line: ReadyLine) -> ReadyEntry? {
        guard !isEmpty(line), let entry = lines[line.place].popFirst() else { return nil }
        count -= 1
        return entry
    }

    /// Takes the first entry of any line of the share, which may be stale.
    package mutating func pop(of share: Int) -> ReadyEntry? {
        for effect in MemoryEffect.allCases {
            if let entry = pop(ReadyLine(share: share, effect: effect)) { return entry }
        }
        return nil
    }

    /// Takes all entries of a line, in no order.
    package mutating func popAll(_ line: ReadyLine) -> [ReadyEntry] {
        guard !isEmpty(line) else { return [] }
        let entries = lines[line.place].all
        lines[line.place] = ReadyEntries()
        count -= entries.count
        return entries
    }

    /// Puts an entry into its place in the order of a line.
    package mutating func restore(_ entry: ReadyEntry, in line: ReadyLine) {
        while lines.count <= line.place { lines.append(ReadyEntries()) }
        lines[line.place].insert(entry)
        count += 1
    }
}
