// Values by task, without a hash for nearly all of them: a client numbers its tasks one after the
// other, so what belongs to them lies in arrays by number. Ids that are hashes themselves (tasks
// made by tasks, rounds of loops) are in a dictionary.

/// A dictionary from task to value.
package struct TaskMap<Value: Sendable>: Sendable {
    private var clients: [NumberedValues<Value>] = []
    /// Values of ids that are far from the numbers of their client.
    private var others: [TaskID: Value] = [:]
    /// Tasks that have a value.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The task's value; nil: it has none.
    package subscript(task: TaskID) -> Value? {
        get {
            for client in clients where client.high == task.high {
                if let value = client[task.low] { return value }
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

    /// Sets the task's value, whether it had one or not.
    private mutating func insert(_ value: Value, for task: TaskID) {
        if !others.isEmpty, others[task] != nil {
            others[task] = value
            return
        }
        for place in clients.indices where clients[place].high == task.high {
            switch clients[place].insert(value, at: task.low) {
            case .added: count += 1
            case .replaced: break
            case .tooFar:
                others[task] = value
                count += 1
            }
            return
        }
        var client = NumberedValues<Value>(high: task.high)
        _ = client.insert(value, at: task.low)
        clients.append(client)
        count += 1
    }

    /// Removes the task's value, if it has one, and answers with it.
    @discardableResult
    package mutating func remove(_ task: TaskID) -> Value? {
        for place in clients.indices where clients[place].high == task.high {
            guard let value = clients[place].remove(task.low) else { break }
            if clients[place].isEmpty { clients.remove(at: place) }
            count -= 1
            return value
        }
        guard let value = others.removeValue(forKey: task) else { return nil }
        count -= 1
        return value
    }

    /// Tasks that have a value, ascending.
    package var tasks: [TaskID] {
        var all = Array(others.keys)
        all.reserveCapacity(count)
        for client in clients { client.forEach { all.append(TaskID(high: client.high, low: $0)) } }
        return all.sorted()
    }
}

/// Values of one client's tasks by number, in blocks; those before the first and behind the last
/// that is used take nothing.
private struct NumberedValues<Value: Sendable>: Sendable {
    /// What came of setting a value.
    enum Insertion {
        case added, replaced
        /// The number is too far from the others.
        case tooFar
    }

    /// Few: a lone task makes a block and frees it, and each of its places is filled and emptied.
    private static var blockSize: UInt64 { 32 }
    /// Blocks that a number may lie beyond those that are there: some empty ones cost less than
    /// hashes do, many would be somebody's odd choice of numbers.
    private static var gapMax: UInt64 { 1_024 }

    let high: UInt64
    private var blocks: [Block] = []
    /// The number of the first block.
    private var first: UInt64 = 0

    private struct Block: Sendable {
        /// Empty as long as there is no value.
        var values: [Value?] = []
        var count = 0
    }

    init(high: UInt64) { self.high = high }

    var isEmpty: Bool { blocks.isEmpty }

    subscript(low: UInt64) -> Value? {
        guard let block = block(of: low), !blocks[block].values.isEmpty else { return nil }
        return blocks[block].values[Int(low % Self.blockSize)]
    }

    private func block(of low: UInt64) -> Int? {
        let number = low / Self.blockSize
        guard number >= first, number - first < UInt64(blocks.count) else { return nil }
        return Int(number - first)
    }

    mutating func insert(_ value: Value, at low: UInt64) -> Insertion {
        let number = low / Self.blockSize
        // What is far from zero is a hash, or a client that has been at work for long.
        if blocks.isEmpty { (first, blocks) = (number, [Block()]) }
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
        if blocks[block].values.isEmpty {
            blocks[block].values = Array(repeating: nil, count: Int(Self.blockSize))
        }
        let isNew = blocks[block].values[Int(low % Self.blockSize)] == nil
        blocks[block].values[Int(low % Self.blockSize)] = value
        blocks[block].count += isNew ? 1 : 0
        return isNew ? .added : .replaced
    }

    mutating func remove(_ low: UInt64) -> Value? {
        guard let block = block(of: low), let value = self[low] else { return nil }
        blocks[block].values[Int(low % Self.blockSize)] = nil
        blocks[block].count -= 1
        guard blocks[block].count == 0 else { return value }
        blocks[block].values = []
        trim()
        return value
    }

    /// Blocks without a value at both ends are dropped.
    private mutating func trim() {
        while let last = blocks.last, last.count == 0 { blocks.removeLast() }
        guard let used = blocks.firstIndex(where: { $0.count > 0 }), used > 0 else { return }
        // Now and then, since the others move.
        guard used >= 64 || 2 * used >= blocks.count else { return }
        blocks.removeFirst(used)
        first += UInt64(used)
    }

    func forEach(_ body: (UInt64) -> Void) {
        for (number, block) in blocks.enumerated() where block.count > 0 {
            for (place, value) in block.values.enumerated() where value != nil {
                body((first + UInt64(number)) * Self.blockSize + UInt64(place))
            }
        }
    }
}
