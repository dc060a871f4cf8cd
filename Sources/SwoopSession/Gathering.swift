// A wait for many outputs together: which of them ended and were not taken, and which values are on
// their way. Few values are here at a time, however many there are and however large.

package import SwoopModel

/// Names one wait for many outputs.
package struct GatheringID: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// What is waited for of every task.
package enum GatheringWish: Equatable, Sendable {
    /// That it ends.
    case ends
    /// Its bytes. Those that had to be asked for stay here afterwards, or go when they were taken.
    case values(areKept: Bool)
}

/// What came of one task of a gathering.
package struct GatheredItem: Equatable, Sendable {
    /// Its end, its value, or why there is none.
    package enum Outcome: Equatable, Sendable {
        /// Stored in the cluster, where only the end was waited for.
        case ended(byteCount: Int64)
        case value([UInt8])
        case failed(TaskFailure)
    }

    /// The task's place among those that are waited for.
    package var position: Int
    package var outcome: Outcome

    package init(position: Int, outcome: Outcome) {
        self.position = position
        self.outcome = outcome
    }
}

/// What was taken of a gathering at a time.
package struct GatheredBatch: Sendable {
    /// In the order in which the tasks ended, or their values came.
    package var items: [GatheredItem] = []
    /// Nothing follows: all was taken, or nothing more will come.
    package var isOver = false
    /// Why nothing more will come, where that is so.
    package var failure: TaskFailure?
}

/// One wait for many outputs.
struct Gathering: Sendable {
    /// How far a task is.
    private enum Step: UInt8, Sendable {
        /// Can become: stored, ready.
        case waiting
        /// Its value is in the cluster and was not asked for. Can become: coming, ready.
        case stored
        /// Its value was asked for. Can become: ready.
        case coming
        /// There is something to take. Can become: taken, or stored: the value has gone again.
        case ready
        /// Final.
        case taken
    }

    /// Bytes of values that are on their way or were not taken: with more of them no other is asked
    /// for. One value may be larger.
    static let byteCountMax: Int64 = 32 << 20
    /// Values on their way or not taken, likewise.
    static let countMax = 1_024

    let id: GatheringID
    let wish: GatheringWish
    let tasks: GatheredTasks
    private var steps: [Step]
    private var ready = PositionQueue()
    private var stored = PositionQueue()
    /// Bytes of values that were asked for and not taken, by position.
    private var broughtBytes: [Int32: Int64] = [:]
    private var bytesBrought: Int64 = 0
    /// Tasks that were not taken.
    private(set) var left: Int
    /// Whether it was told that there is something to take, since there was nothing.
    var isTold = false

    init(_ id: GatheringID, _ tasks: [TaskID], _ wish: GatheringWish) {
        self.id = id
        self.wish = wish
        self.tasks = GatheredTasks(tasks)
        steps = Array(repeating: .waiting, count: tasks.count)
        left = tasks.count
    }

    /// Whether there is something to take, or nothing will ever be.
    var hasNews: Bool { !ready.isEmpty || left == 0 }

    /// Takes note of where a task is now; nil: there is no handle of it any more.
    mutating func note(_ position: Int32, _ state: HeldTask.State?) {
        let step = steps[Int(position)]
        guard step != .ready, step != .taken else { return }
        switch state {
        case .pending: break
        case .stored where wish != .ends:
            guard step == .waiting else { return }
            steps[Int(position)] = .stored
            stored.append(position)
        case .stored, .small, .brought, .failed, nil:
            steps[Int(position)] = .ready
            ready.append(position)
        }
    }

    /// The next position of which there is something to take.
    mutating func takeReady() -> Int32? {
        guard let position = ready.removeFirst() else { return nil }
        steps[Int(position)] = .taken
        left -= 1
        if !broughtBytes.isEmpty, let byteCount = broughtBytes.removeValue(forKey: position) {
            bytesBrought -= byteCount
        }
        return position
    }

    /// What was to be taken has gone again: it is to be asked for.
    mutating func missed(_ position: Int32) {
        steps[Int(position)] = .stored
        left += 1
        stored.append(position)
    }

    /// The next position whose value is in the cluster and was not asked for.
    var nextStored: Int32? { stored.first }

    /// Whether so many bytes more may be on their way.
    func hasRoom(for byteCount: Int64) -> Bool {
        broughtBytes.isEmpty
            || broughtBytes.count < Self.countMax && bytesBrought + byteCount <= Self.byteCountMax
    }

    /// The value of the next stored one is asked for; nil: it is not stored any more.
    mutating func askForNext(byteCount: Int64?) {
        guard let position = stored.removeFirst(), steps[Int(position)] == .stored, let byteCount
        else { return }
        steps[Int(position)] = .coming
        broughtBytes[position] = byteCount
        bytesBrought += byteCount
    }
}

/// The tasks of a gathering: from position to task and back, without a hash.
struct GatheredTasks: Sendable {
    private enum Form: Sendable {
        /// Numbered one after the other, as those of one plan mostly are.
        case consecutive(first: TaskID)
        /// By position; and all positions, ordered by task.
        case any([TaskID], sorted: [Int32])
    }

    private let form: Form
    let count: Int

    init(_ tasks: [TaskID]) {
        count = tasks.count
        guard let first = tasks.first else {
            form = .any([], sorted: [])
            return
        }
        let isConsecutive = tasks.enumerated().allSatisfy { place, task in
            task.high == first.high && task.low == first.low &+ UInt64(place)
        }
        if isConsecutive {
            form = .consecutive(first: first)
        } else {
            let sorted = tasks.indices.sorted { (tasks[$0], $0) < (tasks[$1], $1) }
            form = .any(tasks, sorted: sorted.map { Int32($0) })
        }
    }

    /// The task at a position.
    subscript(position: Int32) -> TaskID {
        switch form {
        case .consecutive(let first):
            TaskID(high: first.high, low: first.low &+ UInt64(position))
        case .any(let tasks, _): tasks[Int(position)]
        }
    }

    /// Calls `body` with every position of a task, ascending.
    func forEachPosition(of task: TaskID, _ body: (Int32) -> Void) {
        switch form {
        case .consecutive(let first):
            let position = task.low &- first.low
            if task.high == first.high, position < UInt64(count) { body(Int32(position)) }
        case .any(let tasks, let sorted):
            var low = 0
            var high = sorted.count
            while low < high {
                let middle = (low + high) / 2
                if tasks[Int(sorted[middle])] < task { low = middle + 1 } else { high = middle }
            }
            while low < sorted.count, tasks[Int(sorted[low])] == task {
                body(sorted[low])
                low += 1
            }
        }
    }
}

/// Positions, first in, first out.
private struct PositionQueue: Sendable {
    private var positions: [Int32] = []
    private var start = 0

    var isEmpty: Bool { start == positions.count }
    var first: Int32? { isEmpty ? nil : positions[start] }

    mutating func append(_ position: Int32) { positions.append(position) }

    mutating func removeFirst() -> Int32? {
        guard let first else { return nil }
        start += 1
        if start == positions.count {
            // What a flood took goes back, what a few took is used again.
            positions.removeAll(keepingCapacity: positions.capacity <= 4_096)
            start = 0
        } else if start > 4_096, 2 * start > positions.count {
            positions.removeFirst(start)
            start = 0
        }
        return first
    }
}
