// Calls of functions with a time limit that are not runs of their own: steps of a chain, and what
// an async function calls. A task's own limit is the scheduler's; of these calls only the process
// knows that makes them. Its control thread looks here for those that do not end.

import Glibc
import SwoopModel
import SwoopTransport
import Synchronization

/// A call that may take so long.
package struct LimitedCall: Sendable {
    /// The run that the thread was in, as `RunningThread.run` has it.
    package let run: UInt64
    package let function: String
    /// Nanoseconds that it may take.
    package let limit: Int64
    /// When its run is stopped.
    fileprivate let deadline: Int64
}

/// Thrown for a call that took longer than it may, by whoever waited for its end.
package struct CallTimedOut: Error, CustomStringConvertible {
    package let function: String
    package let limit: Int64

    package init(function: String, limit: Int64) {
        self.function = function
        self.limit = limit
    }

    /// What happened, as the beginning of a sentence.
    package var description: String {
        "\(function) \(notEndedInWords(within: limit))"
    }
}

/// The calls with a limit that this process is in.
package enum CallLimits {
    private static let calls = Mutex<[UInt64: LimitedCall]>([:])
    private static let begun = Atomic<UInt64>(0)
    private static let open = Atomic<Int>(0)

    /// A call begins, on the thread of its run.
    ///
    /// - Parameter grace: nanoseconds beyond the limit in which it may still end by itself.
    /// - Returns: the number with which it ends.
    package static func begin(_ function: String, limit: Int64, grace: Int64 = 0) -> UInt64 {
        let number = begun.add(1, ordering: .relaxed).newValue
        let deadline = MonotonicClock.nanoseconds().addingClamped(limit).addingClamped(grace)
        let call = LimitedCall(
            run: RunningThread.run, function: function, limit: limit, deadline: deadline)
        calls.withLock { $0[number] = call }
        open.add(1, ordering: .relaxed)
        return number
    }

    /// Keeps the thread from going on for so many nanoseconds.
    package static func pause(_ nanoseconds: Int64) {
        var time = timespec(
            tv_sec: Int(nanoseconds / nanosecondsPerSecond),
            tv_nsec: Int(nanoseconds % nanosecondsPerSecond))
        var left = timespec()
        // A signal cuts it short: what is left follows.
        while unsafe nanosleep(&time, &left) == -1, errno == EINTR { time = left }
    }

    /// The call ended, in whatever way.
    package static func end(_ number: UInt64) {
        if calls.withLock({ $0.removeValue(forKey: number) }) != nil {
            open.subtract(1, ordering: .relaxed)
        }
    }

    /// The calls that should have ended by now, each once.
    package static func takeOverdue(at now: Int64) -> [LimitedCall] {
        // Relaxed: a call that is not seen now is seen the next time.
        guard open.load(ordering: .relaxed) > 0 else { return [] }
        return calls.withLock { calls in
            let overdue = calls.filter { $0.value.deadline <= now }
            for number in overdue.keys { calls[number] = nil }
            open.subtract(overdue.count, ordering: .relaxed)
            return Array(overdue.values)
        }
    }
}
