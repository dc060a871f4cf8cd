// Tasks that could run, the longest remaining path first; equal ones in the order of becoming
// ready. Entries of tasks that are no longer ready stay where they are and are skipped: removal
// from the middle would cost more than it saves.

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

/// One line of the ready queue: tasks of one program that do the same to memory.
///
/// Each program's stand by themselves, so that one that no node has yet keeps nobody else from
/// running; and so do those that fill memory, so that they keep nobody waiting who relieves it.
package struct ReadyLine: Equatable, Sendable {
    /// The program's place in the scheduler's table.
    package let program: Int
    package let effect: MemoryEffect

    package init(program: Int, effect: MemoryEffect) {
        self.program = program
        self.effect = effect
    }

    fileprivate init(place: Int) {
        program = place / MemoryEffect.allCases.count
        effect = MemoryEffect.allCases[place % MemoryEffect.allCases.count]
    }

    /// Where the line stands in a table of all lines.
    package var place: Int { program * MemoryEffect.allCases.count + Int(effect.rawValue) }
}

/// The ready tasks. Holds every one of them at least once, and stale entries.
package struct ReadyQueue: Sendable {
    /// By place of the line.
    private var lines: [ReadyEntries] = []
    private var sequence: UInt64 = 0
    private var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Whether no task of the program at that place of the table is ready.
    package func isEmpty(of program: Int) -> Bool {
        MemoryEffect.allCases.allSatisfy { isEmpty(ReadyLine(program: program, effect: $0)) }
    }

    private func isEmpty(_ line: ReadyLine) -> Bool {
        line.place >= lines.count || lines[line.place].isEmpty
    }

    /// Adds a task that has become ready.
    package mutating func push(_ task: TaskLink, rank: Int64, in line: ReadyLine) {
        sequence += 1
        restore(ReadyEntry(rank: rank, sequence: sequence, task: task), in: line)
    }

    /// The line of the first entry, without lines that are passed over; nil: there is none.
    ///
    /// - Parameters:
    ///   - isPassed: by place of the line.
    ///   - keepsMemory: whether tasks that fill memory go after all others.
    package func first(unless isPassed: [Bool], keepsMemory: Bool) -> ReadyLine? {
        var best: (line: ReadyLine, isPreferred: Bool, entry: ReadyEntry)?
        for place in lines.indices where place >= isPassed.count || !isPassed[place] {
            guard let entry = lines[place].first else { continue }
            let line = ReadyLine(place: place)
            let isPreferred = keepsMemory && line.effect != .filling
            if let best {
                if best.isPreferred != isPreferred {
                    if best.isPreferred { continue }
                } else if entry < best.entry {
                    continue
                }
            }
            best = (line, isPreferred, entry)
        }
        return best?.line
    }

    /// Takes the first entry of a line, which may be stale.
    package mutating func pop(_ line: ReadyLine) -> ReadyEntry? {
        guard !isEmpty(line), let entry = lines[line.place].popFirst() else { return nil }
        count -= 1
        return entry
    }

    /// Takes the first entry of any line of the program, which may be stale.
    package mutating func pop(of program: Int) -> ReadyEntry? {
        for effect in MemoryEffect.allCases {
            if let entry = pop(ReadyLine(program: program, effect: effect)) { return entry }
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
