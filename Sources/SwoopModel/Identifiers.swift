// The names of things: tasks, attempts, nodes, workers, leases, clients, graphs. Ids are plain
// integers so that tables can be dense and effects can be ordered; who makes an id and how long it
// stays unique stands with each type.

/// Names one task for the life of a coordinator and across re-runs of the same program.
///
/// 128 bits. Top-level tasks: a client's 64-bit number and a counter. Those made inside of others:
/// the client's number, and a hash of the other's counter, the place that makes it and how many it
/// made before. A repeated run that makes its children in the same order names them the same.
public struct TaskID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The client's random number.
    public let high: UInt64
    /// The counter inside the client, or a child's hash.
    public let low: UInt64

    /// Makes an id of its two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Orders by the upper half, then the lower: submission order inside one client.
    public static func < (left: TaskID, right: TaskID) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    /// Both halves in hexadecimal, `high-low`, short enough for a log line.
    public var description: String {
        String(high, radix: 16) + "-" + String(low, radix: 16)
    }

    /// The id of a task made inside this one: by a child call or an iteration. It is the same
    /// client's, so its upper half stays.
    ///
    /// - Parameters:
    ///   - site: a number of the call site, or of the template task.
    ///   - ordinal: how many times this site was passed before.
    package func derived(site: UInt64, ordinal: UInt64) -> TaskID {
        var mixer = Mixer(seed: high ^ 0x9e37_79b9_7f4a_7c15)
        mixer.mix(low)
        mixer.mix(site)
        mixer.mix(ordinal)
        return TaskID(high: high, low: mixer.value)
    }

    /// The name under which a part of the task's output is an input of others.
    package func part(_ part: UInt32) -> TaskID {
        derived(site: 0x7061_7274, ordinal: UInt64(part))
    }
}

/// One try at a task. News of an attempt that is no longer current is dropped, never reconciled.
package struct AttemptID: Hashable, Comparable, Sendable {
    /// The task that is tried.
    package let task: TaskID
    /// 1 for the first try; every grant of a lease raises it.
    package let number: UInt32

    /// One word for task and number: tables look for it several times for each run.
    package func hash(into hasher: inout Hasher) {
        let word = task.low ^ task.high &* 0x9e37_79b9_7f4a_7c15
        hasher.combine(word &+ UInt64(number) << 40)
    }

    /// Names try `number` of `task`.
    package init(task: TaskID, number: UInt32) {
        self.task = task
        self.number = number
    }

    /// Orders by task, then by number.
    package static func < (left: AttemptID, right: AttemptID) -> Bool {
        left.task == right.task ? left.number < right.number : left.task < right.task
    }
}

/// A machine of the cluster, numbered by the coordinator in the order of joining; never used again.
public struct NodeID: Hashable, Comparable, Sendable {
    /// The number.
    public let rawValue: UInt32

    /// Makes the id of node number `rawValue`.
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// Orders by joining.
    public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}

/// A worker process on one node, numbered by its agent; a restarted worker has a new id.
package struct WorkerID: Hashable, Comparable, Sendable {
    package let rawValue: UInt32
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package static func < (left: WorkerID, right: WorkerID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A lease, numbered by the scheduler.
package struct LeaseID: Equatable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (left: LeaseID, right: LeaseID) -> Bool { left.rawValue < right.rawValue }
}

/// A client program, by the random number that it drew when it started.
package struct ClientID: Hashable, Comparable, Sendable {
    /// The client's random number: also the upper half of its tasks' ids.
    package let rawValue: UInt64

    /// Makes the id of the client that drew `rawValue`.
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Orders by number: arbitrary but the same in every process.
    package static func < (left: ClientID, right: ClientID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A coordinator's life, by the random number that it drew at its start: what others say of another
/// life means nothing in this one.
package struct CoordinatorEpoch: Equatable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Of no coordinator: nothing was heard of one yet.
    package static let none = CoordinatorEpoch(0)
}

/// The place of a function in a coordinator's function table, which only grows.
package struct FunctionIndex: Hashable, Comparable, Sendable {
    package let rawValue: UInt32
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package static func < (left: FunctionIndex, right: FunctionIndex) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A 64-bit mixing function (the finaliser of SplitMix64, Steele, Lea and Flood 2014): the same in
/// every process, unlike `Hasher`.
package struct Mixer: Sendable {
    package private(set) var value: UInt64

    package init(seed: UInt64) { value = seed }

    /// Stirs a word in.
    package mutating func mix(_ word: UInt64) {
        var mixed = (value ^ word) &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        value = mixed ^ (mixed >> 31)
    }

    /// Stirs the bytes of a text and their number in.
    package mutating func mix(_ text: String) {
        var word: UInt64 = 0
        var filled = 0
        for byte in text.utf8 {
            word = word << 8 | UInt64(byte)
            filled += 1
            if filled == 8 {
                mix(word)
                word = 0
                filled = 0
            }
        }
        mix(word << 8 | UInt64(filled))
    }
}
