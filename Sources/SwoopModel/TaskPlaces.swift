// Where tasks lie in a table, without a hash for nearly all of them: a client numbers its tasks one
// after the other, so their places lie in arrays by number. Ids that are hashes themselves (tasks
// made by tasks, rounds of loops) are in a dictionary.
//
// Not generic: code of other modules would call it without knowing the type of what it holds, which
// costs twenty times as much.

/// A dictionary from task to place.
package struct TaskPlaces: Sendable {
    private var clients: [NumberedPlaces] = []
    /// Places of ids that are far from the numbers of their client.
    private var others: [TaskID: Int32] = [:]
    /// Tasks that have a place.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The task's place, at least 0; nil: it has none.
    package subscript(task: TaskID) -> Int32? {
        get {
            for client in clients where client.high == task.high {
                if let place = client[task.low] { return place }
                break
            }
            return others.isEmpty ? nil : others[task]
        }
        set {
            if let newValue {
                insert(newValue, for: task)
            } else {
                remove(task)
            }
        }
    }

    /// Sets the task's place, whether it had one or not.
    private mutating func insert(_ place: Int32, for task: TaskID) {
        precondition(place >= 0, "a place is not negative")
        if !others.isEmpty, others[task] != nil {
            others[task] = place
            return
        }
        for client in clients.indices where clients[client].high == task.high {
            switch clients[client].insert(place, at: task.low) {
            case .added: count += 1
            case .replaced: break
            case .tooFar:
                others[task] = place
                count += 1
            }
            return
        }
        var client = NumberedPlaces(high: task.high)
        _ = client.insert(place, at: task.low)
        clients.append(client)
        count += 1
    }

    /// Removes the task's place, if it has one, and answers with it.
    @discardableResult
    package mutating func remove(_ task: TaskID) -> Int32? {
        for client in clients.indices where clients[client].high == task.high {
            guard let place = clients[client].remove(task.low) else { break }
            if clients[client].isEmpty { clients.remove(at: client) }
            count -= 1
            return place
        }
        guard let place = others.removeValue(forKey: task) else { return nil }
        count -= 1
        return place
    }

    /// Tasks that have a place, ascending.
    package var tasks: [TaskID] {
        var all = Array(others.keys)
        all.reserveCapacity(count)
        for client in clients { client.forEach { all.append(TaskID(high: client.high, low: $0)) } }
        return all.sorted()
    }
}

/// Places of one client's tasks by number, in blocks; what lies before the first and behind the
/// last that is used takes at most as much again.
private struct NumberedPlaces: Sendable {
    /// What became of a place that was to be set.
    enum Insertion {
        case added, replaced
        /// The number is too far from the others.
        case tooFar
    }

    /// 512 bytes each.
    private static let blockSize: UInt64 = 128
    /// Blocks that are skipped at most: some empty ones cost less than hashes do, many would be
    /// somebody's odd choice of numbers.
    private static let gapMax: UInt64 = 1_024
    private static let none: Int32 = -1

    let high: UInt64
    private var blocks: [Block] = []
    /// The number of the first block.
    private var first: UInt64 = 0
    /// Blocks without a place before the first one that has some.
    private var emptyAtFront = 0

    private struct Block: Sendable {
        /// Empty as long as there is no place.
        var places: [Int32] = []
        var count = 0
    }

    init(high: UInt64) { self.high = high }

    var isEmpty: Bool { blocks.isEmpty }

    subscript(low: UInt64) -> Int32? {
        let block = low / Self.blockSize &- first
        guard block < UInt64(blocks.count), blocks[Int(block)].count > 0 else { return nil }
        let place = blocks[Int(block)].places[Int(low % Self.blockSize)]
        return place == Self.none ? nil : place
    }

    mutating func insert(_ place: Int32, at low: UInt64) -> Insertion {
        let number = low / Self.blockSize
        // What is far from zero is a hash, or a client that has been at work for long.
        if blocks.isEmpty { (first, blocks, emptyAtFront) = (number, [Block()], 0) }
        if number < first {
            guard first - number <= Self.gapMax else { return .tooFar }
            blocks.insert(contentsOf: repeatElement(Block(), count: Int(first - number)), at: 0)
            first = number
        }
        let last = first + UInt64(blocks.count) - 1
        if number > last {
            guard number - last <= Self.gapMax else { return .tooFar }
            for _ in last..<number { blocks.append(Block()) }
        }
        let block = Int(number - first)
        emptyAtFront = min(emptyAtFront, block)
        if blocks[block].places.isEmpty {
            blocks[block].places = Array(repeating: Self.none, count: Int(Self.blockSize))
        }
        let isNew = blocks[block].places[Int(low % Self.blockSize)] == Self.none
        blocks[block].places[Int(low % Self.blockSize)] = place
        blocks[block].count += isNew ? 1 : 0
        return isNew ? .added : .replaced
    }

    mutating func remove(_ low: UInt64) -> Int32? {
        guard let place = self[low] else { return nil }
        let block = Int(low / Self.blockSize - first)
        blocks[block].places[Int(low % Self.blockSize)] = Self.none
        blocks[block].count -= 1
        guard blocks[block].count == 0 else { return place }
        blocks[block].places = []
        trim()
        return place
    }

    /// Drops blocks without a place at the end, and those at the front when they are half of all,
    /// since the others move then.
    private mutating func trim() {
        while let last = blocks.last, last.count == 0 { blocks.removeLast() }
        emptyAtFront = min(emptyAtFront, blocks.count)
        while emptyAtFront < blocks.count, blocks[emptyAtFront].count == 0 { emptyAtFront += 1 }
        if emptyAtFront == blocks.count {
            blocks = []
            emptyAtFront = 0
        } else if 2 * emptyAtFront >= blocks.count {
            blocks.removeFirst(emptyAtFront)
            first += UInt64(emptyAtFront)
            emptyAtFront = 0
        }
    }

    func forEach(_ body: (UInt64) -> Void) {
        for (number, block) in blocks.enumerated() where block.count > 0 {
            for (offset, place) in block.places.enumerated() where place != Self.none {
                body((first + UInt64(number)) * Self.blockSize + UInt64(offset))
            }
        }
    }
}
