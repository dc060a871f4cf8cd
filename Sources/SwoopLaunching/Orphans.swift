// Programs that tasks started and left behind: children of this process once their own parents have
// ended, however far they went (a session of their own, a daemon), so that they can be ended with
// it.

import CSwoopSystem
import Glibc
import SwoopModel
import SwoopTransport

/// Descendants of this process that nobody else answers for.
package enum Orphans {
    /// Processes that are killed may take so long to end: one that waits for a dead disk never
    /// does.
    private static let endLimit = nanosecondsPerSecond
    /// Those that are killed may have started others meanwhile.
    private static let roundsMax = 64

    /// From now on descendants whose parents have ended are children of this process.
    ///
    /// Where the system refuses it they stay what they were: the machine's.
    package static func adopt() { _ = swoop_adopt_orphans() }

    /// Goes on in a child of this process, which ends with it; this one then waits for the child,
    /// and ends what it and its descendants left behind, however it ended. It adopts them
    /// meanwhile.
    ///
    /// Before other threads run, and before anything is open that only the child should have. Where
    /// the system refuses it this process goes on as it is.
    package static func keepInParent() { _ = swoop_split_keeper() }

    /// Takes note of those that ended by themselves; children in `own` are left to their owners.
    package static func reap(except own: [Int32]) {
        while true {
            let pid = swoop_ended_child()
            guard pid > 0, !own.contains(pid) else { return }
            reap(pid)
        }
    }

    /// Ends all of them, and what they started; children in `own` stay.
    package static func end(except own: [Int32]) {
        let limit = MonotonicClock.nanoseconds() + endLimit
        for _ in 0..<roundsMax {
            let children = children(of: getpid()).filter { !own.contains($0) }
            if children.isEmpty || MonotonicClock.nanoseconds() >= limit { return }
            for pid in children { _ = kill(pid, SIGKILL) }
            for pid in children {
                awaitEnd(of: pid, until: limit)
                reap(pid)
            }
        }
    }

    private static func reap(_ pid: Int32) {
        var code: Int32 = 0
        var signalled: Int32 = 0
        _ = unsafe swoop_reap(pid, 0, &code, &signalled)
    }

    private static func awaitEnd(of pid: Int32, until limit: Int64) {
        let descriptor = swoop_pidfd_open(pid)
        guard descriptor >= 0 else { return }
        defer { _ = close(descriptor) }
        var poll = PollLoop()
        _ = poll.watch(descriptor: descriptor)
        while poll.ready.isEmpty, MonotonicClock.nanoseconds() < limit {
            guard (try? poll.wait(until: limit)) != nil else { return }
        }
    }

    private static func children(of parent: Int32) -> [Int32] {
        guard let directory = unsafe opendir("/proc") else { return [] }
        defer { unsafe closedir(directory) }
        var found: [Int32] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let pid = Int32(name), ProcessIdentity.parent(of: pid) == parent {
                found.append(pid)
            }
        }
        return found.ordered()
    }
}
