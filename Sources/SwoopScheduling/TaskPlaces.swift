// Where tasks stand in the table, by id, without a hash for nearly all of them: a client numbers
// its tasks one after the other, so their places lie in arrays by number. Ids that are hashes
// themselves (tasks made by tasks, rounds of loops) are in a dictionary.

import SwoopModel

/// Places of tasks by id.
struct TaskPlaces: Sendable {
    private var clients: [NumberedPlaces] = []
    /// Ids that are far from the numbers of their client.
    private var others: [TaskID: TaskIndex] = [:]
    private(set) var count = 0

    subscript(task: TaskID) -> TaskIndex? {
        for client in clients where client.high == task.high {
            if let index = client[task.low] { return index }
            break
        }
        return others.isEmpty ? nil : others[task]
    }

    /// Notes the place of a task that has none.
    mutating func insert(_ task: TaskID, at index: TaskIndex) {
        count += 1
        for place in clients.indices where clients[place].high == task.high {
            if clients[place].insert(task.low, at: index) { return }
            others[task] = index
            return
        }
        var client = NumberedPlaces(high: task.high)
        if client.insert(task.low, at: index) {
            clients.append(client)
        } else {
            others[task] = index
        }
    }

    mutating func remove(_ task: TaskID) {
        count -= 1
        for place in clients.indices where clients[place].high == task.high {
            guard clients[place].remove(task.low) else { break }
            if clients[place].isEmpty { clients.remove(at: place) }
            return
        }
        others[task] = nil
    }
}

/// Places of one client's tasks by number, in blocks; those before the first and behind the last
/// that is used take nothing.
private struct NumberedPlaces: Sendable {
    static let blockSize = 1_024
    /// Blocks that a number may lie beyond those that are there: some empty ones cost less than
    /// hashes do, many would be somebody's odd choice of numbers.
    static let gapMax = 1_024

    let high: UInt64
    private var blocks: [Block] = []
    /// The number of the first block.
    private var first: UInt64 = 0

    private struct Block: Sendable {
        /// Places, -1 where there is none; empty as long as all are.
        var places: [Int] = []
        var used = 0
    }

    init(high: UInt64) { self.high = high }

    var isEmpty: Bool { blocks.isEmpty }

    subscript(low: UInt64) -> TaskIndex? {
        let number = low / UInt64(Self.blockSize)
        guard number >= first, number - first < UInt64(blocks.count) else { return nil }
        let block = Int(number - first)
        guard !blocks[block].places.isEmpty else { return nil }
        let index = blocks[block].places[Int(low % UInt64(Self.blockSize))]
        return index < 0 ? nil : index
    }

    /// False: the number is too far from the others.
    mutating func insert(_ low: UInt64, at index: TaskIndex) -> Bool {
        let number = low / UInt64(Self.blockSize)
        if blocks.isEmpty {
            // What is far from zero is a hash, or a client that has been at work for long.
            first = number
            blocks = [Block()]
        }
        if number < first {
            let gap = first - number
            guard gap <= UInt64(Self.gapMax) else { return false }
            blocks.insert(contentsOf: repeatElement(Block(), count: Int(gap)), at: 0)
            first = number
        }
        let last = first + UInt64(blocks.count) - 1
        if number > last {
            guard number - last <= UInt64(Self.gapMax) else { return false }
            for _ in last..<number { blocks.append(Block()) }
        }
        let block = Int(number - first)
        if blocks[block].places.isEmpty {
            blocks[block].places = Array(repeating: -1, count: Self.blockSize)
        }
        blocks[block].places[Int(low % UInt64(Self.blockSize))] = index
        blocks[block].used += 1
        return true
    }

    /// False: it is not here.
    mutating func remove(_ low: UInt64) -> Bool {
        guard self[low] != nil else { return false }
        let block = Int(low / UInt64(Self.blockSize) - first)
        blocks[block].places[Int(low % UInt64(Self.blockSize))] = -1
        blocks[block].used -= 1
        guard blocks[block].used == 0 else { return true }
        blocks[block].places = []
        trim()
        return true
    }

    /// Blocks without a place at both ends are dropped.
    private mutating func trim() {
        while let last = blocks.last, last.used == 0 { blocks.removeLast() }
        guard let used = blocks.firstIndex(where: { $0.used > 0 }), used > 0 else { return }
        // Now and then, since the others move.
        guard used >= 64 || 2 * used >= blocks.count else { return }
        blocks.removeFirst(used)
        first += UInt64(used)
    }
}
