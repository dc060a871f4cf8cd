// Tasks that could run, the longest remaining path first; equal ones in the order of becoming
// ready. Entries of tasks that are no longer ready stay in the heap and are skipped: removal from
// the middle would cost more than it saves.

private import HeapModule
package import SwoopModel

/// One entry: enough to order it and to recognise that it is stale.
package struct ReadyEntry: Comparable, Sendable {
    package let rank: Int64
    package let sequence: UInt64
    package let index: TaskIndex
    package let task: TaskID

    package static func < (left: ReadyEntry, right: ReadyEntry) -> Bool {
        left.rank == right.rank ? left.sequence > right.sequence : left.rank < right.rank
    }
}

/// The ready tasks, each program's by themselves: one that no node has yet keeps nobody else from
/// running. Holds every ready task at least once, and stale entries.
package struct ReadyQueue: Sendable {
    private var heaps: [Heap<ReadyEntry>] = []
    private var sequence: UInt64 = 0
    private var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Whether no task of the program at that place of the table is ready.
    package func isEmpty(of program: Int) -> Bool {
        program >= heaps.count || heaps[program].isEmpty
    }

    /// Adds a task that has become ready, of the program at that place of the table.
    package mutating func push(
        _ index: TaskIndex, task: TaskID, rank: Int64, of program: Int
    ) {
        sequence += 1
        let entry = ReadyEntry(rank: rank, sequence: sequence, index: index, task: task)
        restore(entry, of: program)
    }

    /// The program of the first entry, without those that are passed over; nil: there is none.
    package func first(unless isPassed: [Bool]) -> Int? {
        var best: (program: Int, entry: ReadyEntry)?
        for program in heaps.indices where !isPassed[program] {
            guard let entry = heaps[program].max else { continue }
            if let known = best, entry < known.entry { continue }
            best = (program, entry)
        }
        return best?.program
    }

    /// Takes the first entry of a program, which may be stale.
    package mutating func pop(of program: Int) -> ReadyEntry? {
        guard let entry = heaps[program].popMax() else { return nil }
        count -= 1
        return entry
    }

    /// Puts an entry back in its old place in the order.
    package mutating func restore(_ entry: ReadyEntry, of program: Int) {
        while heaps.count <= program { heaps.append(Heap()) }
        heaps[program].insert(entry)
        count += 1
    }
}
