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

/// The ready tasks. Holds every ready task at least once, and stale entries.
package struct ReadyQueue: Sendable {
    private var heap = Heap<ReadyEntry>()
    private var sequence: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { heap.isEmpty }

    /// Adds a task that has become ready.
    package mutating func push(_ index: TaskIndex, task: TaskID, rank: Int64) {
        sequence += 1
        heap.insert(ReadyEntry(rank: rank, sequence: sequence, index: index, task: task))
    }

    /// Takes the first entry, which may be stale.
    package mutating func pop() -> ReadyEntry? { heap.popMax() }

    /// Puts an entry back in its old place in the order.
    package mutating func restore(_ entry: ReadyEntry) { heap.insert(entry) }
}
