// The entries of one line of the ready queue. Many tasks have few ranks, as all of a plan do that
// take equally long: those of one rank are a queue, so that neither adding nor taking one depends
// on how many there are. Of more ranks than can be looked through the rest is a heap.

private import HeapModule
import SwoopModel

/// Entries by rank, equal ones by sequence.
struct ReadyEntries: Sendable {
    /// Ranks that have queues of their own.
    private static let queuesMax = 32
    /// Fewer entries than so many are a heap whatever their ranks: it is quick and stays in place.
    private static let heapMin = 128

    /// Entries of one rank, by sequence.
    private struct RankQueue: Sendable {
        let rank: Int64
        var entries = EntryQueue()
    }

    /// Ascending by rank; none is empty.
    private var queues: [RankQueue] = []
    private var heap = Heap<ReadyEntry>()

    var isEmpty: Bool { queues.isEmpty && heap.isEmpty }

    /// The entry that is next.
    var first: ReadyEntry? {
        guard let queue = queues.last, let item = queue.entries.first else { return heap.max }
        let entry = ReadyEntry(rank: queue.rank, sequence: item.sequence, task: item.task)
        guard let other = heap.max else { return entry }
        return max(entry, other)
    }

    mutating func popFirst() -> ReadyEntry? {
        guard let entry = first else { return nil }
        guard let queue = queues.last, queue.rank == entry.rank,
            queue.entries.first?.sequence == entry.sequence
        else { return heap.popMax() }
        queues[queues.count - 1].entries.removeFirst()
        if queues[queues.count - 1].entries.isEmpty { queues.removeLast() }
        return entry
    }

    mutating func insert(_ entry: ReadyEntry) {
        let item = EntryQueue.Item(sequence: entry.sequence, task: entry.task)
        let place = place(of: entry.rank)
        if place < queues.count, queues[place].rank == entry.rank {
            if !queues[place].entries.insert(item) { heap.insert(entry) }
            return
        }
        guard queues.count < Self.queuesMax, !queues.isEmpty || heap.count >= Self.heapMin else {
            return heap.insert(entry)
        }
        var queue = RankQueue(rank: entry.rank)
        _ = queue.entries.insert(item)
        queues.insert(queue, at: place)
    }

    /// All entries, in no order.
    var all: [ReadyEntry] {
        var entries = heap.unordered
        for queue in queues {
            queue.entries.forEach {
                entries.append(
                    ReadyEntry(rank: queue.rank, sequence: $0.sequence, task: $0.task))
            }
        }
        return entries
    }

    /// Where the queue of a rank stands, or would stand.
    private func place(of rank: Int64) -> Int {
        var (low, high) = (0, queues.count)
        while low < high {
            let middle = (low + high) / 2
            if queues[middle].rank < rank { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Entries of one rank, ascending by sequence, in blocks: what is added moves nothing.
private struct EntryQueue: Sendable {
    struct Item: Sendable {
        let sequence: UInt64
        let task: TaskLink
    }

    private static let blockSize = 512

    private var blocks: [[Item]] = []
    /// The block that the first item is in, and its place there.
    private var block = 0
    private var place = 0

    var first: Item? { isEmpty ? nil : blocks[block][place] }

    var isEmpty: Bool { block >= blocks.count }

    private var last: Item? { isEmpty ? nil : blocks[blocks.count - 1].last }

    mutating func removeFirst() {
        place += 1
        guard place == blocks[block].count else { return }
        blocks[block] = []
        block += 1
        place = 0
        guard 2 * block >= blocks.count else { return }
        blocks.removeFirst(block)
        block = 0
    }

    /// Adds an item at one of the ends; false: it belongs between others.
    mutating func insert(_ item: Item) -> Bool {
        guard let first, let last else {
            blocks.append([item])
            return true
        }
        if item.sequence > last.sequence {
            if blocks[blocks.count - 1].count == Self.blockSize {
                var next: [Item] = []
                next.reserveCapacity(Self.blockSize)
                blocks.append(next)
            }
            blocks[blocks.count - 1].append(item)
            return true
        }
        guard item.sequence < first.sequence else { return false }
        if place > 0 {
            place -= 1
            blocks[block][place] = item
        } else {
            blocks.insert([item], at: block)
        }
        return true
    }

    func forEach(_ body: (Item) -> Void) {
        for number in blocks.indices.dropFirst(block) {
            for item in blocks[number].dropFirst(number == block ? place : 0) { body(item) }
        }
    }
}
