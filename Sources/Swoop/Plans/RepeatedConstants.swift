// Large constants that stand in many calls of a plan: each call brings them along anew, where one
// handle would bring them once. Nobody sees that in the text of a program.

import SwoopElements
import SwoopModel
import Synchronization

/// What a plan's calls have been given as constants.
struct RepeatedConstants {
    private struct Key: Hashable {
        var byteCount: Int
        var sample: UInt64
    }

    private var counts: [Key: Int] = [:]

    /// What is sent again and again is spoken of from here on: 32 MiB.
    private static let wastedMin = 32 << 20

    /// Takes note of the large ones among the constants of a call: each by itself, since others
    /// beside it may be another one each time.
    mutating func add(_ writer: ValueWriter) {
        // An argument beside handles was written by itself, and piece by piece.
        let values =
            writer.largeValues.isEmpty ? [0..<writer.byteCount] : writer.largeValues
        for value in values {
            // A sample tells one from another: a remark is no decision.
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for step in 0..<256 {
                let byte = writer.bytes[value.lowerBound + value.count / 256 * step]
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
            counts[Key(byteCount: value.count, sample: hash), default: 0] += 1
        }
    }

    /// What there is to say of the worst of them; nil: nothing.
    var remark: String? {
        let worst = counts.max { left, right in
            wasted(left.key, left.value) < wasted(right.key, right.value)
        }
        guard let (key, count) = worst, wasted(key, count) >= Self.wastedMin else { return nil }
        return
            "a constant of \(ProgressLine.size(UInt64(key.byteCount))) stands in \(count) calls, "
            + "and is sent \(count) times: make it a handle once, `let table = remote.value(table)`"
            + ", and pass that"
    }

    private func wasted(_ key: Key, _ count: Int) -> Int {
        key.byteCount.multipliedClamped(by: count - 1)
    }
}

extension PlanRecording {
    /// Takes note of the large constants of a call.
    func noteConstants(_ writer: ValueWriter) {
        guard writer.byteCount >= ValueWriter.largeValueMin else { return }
        state.withLock { $0.constants.add(writer) }
    }

    /// What there is to say of constants that are sent often.
    var constantRemark: String? { state.withLock { $0.constants.remark } }
}

extension RemoteScope {
    /// A seed for one task's random numbers: another one each time it is asked for, and the same
    /// ones in every run of the program.
    ///
    /// A task that is made again, elsewhere or after a crash, has the same seed, since it is an
    /// argument like any other:
    ///
    /// ```swift
    /// let runs = (0..<100).map { _ in remote.call(simulate, remote.seed) }
    /// ```
    public var seed: UInt64 {
        let number = recording.state.withLock { state in
            state.seeds += 1
            return state.seeds
        }
        // SplitMix64: neighbours have nothing in common.
        var mixed = number &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// So many seeds, each another one: `remote.map(remote.seeds(100), simulate)`.
    public func seeds(_ count: Int) -> [UInt64] {
        recording._check(count, "a list of % seeds")
        return (0..<max(0, count)).map { _ in seed }
    }
}
