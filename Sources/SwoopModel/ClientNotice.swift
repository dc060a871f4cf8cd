// What the coordinator tells a client about its tasks.

/// News for a client. Each task's end is told once; a value is brought only when asked for or
/// small.
package enum ClientNotice: Equatable, Sendable {
    /// Done; the value itself when it is small.
    case finished(TaskID, value: [UInt8]?, byteCount: Int64, elementCount: Int64)
    /// Ended otherwise: failed, cancelled, or its value is lost for good.
    case failed(TaskID, TaskFailure)
    /// There is room for this data, which was deferred; or its pages are gone: send it.
    case dataNeeded(TaskID)
    /// Answers a wish for room: the client may write the data's page at this place of the memory
    /// that it shares with its node, until it says that it has.
    case roomLent(TaskID, offset: Int64, byteCount: Int64)
    /// Answers a wish for room: there is none. The data itself is to be sent.
    case roomRefused(TaskID)
    /// This data will not be asked for any more: it is stored, or nobody needs it.
    case dataSettled(TaskID)
    /// Lines that a task printed.
    case printed(OutputLine)
    /// Something that a person should read: a node lost, work run again.
    case remark(String)
    /// Counts of the client's tasks; at least once a second while something runs.
    case progress(ProgressCount)
}

/// A line that a task printed.
package struct OutputLine: Equatable, Sendable {
    package var task: TaskID
    /// Short name of the function; empty when the line came from outside of any task.
    package var function: String
    package var node: String
    package var text: String
    /// Whether it was written to standard error.
    package var isError: Bool
    /// Lines of this task dropped before this one because they came too fast.
    package var dropped: UInt32

    package init(
        task: TaskID, function: String, node: String, text: String, isError: Bool, dropped: UInt32
    ) {
        self.task = task
        self.function = function
        self.node = node
        self.text = text
        self.isError = isError
        self.dropped = dropped
    }
}

/// How far a client's graph is.
public struct ProgressCount: Hashable, Sendable {
    /// Tasks that ended well.
    public var done: UInt64
    /// Tasks that failed.
    public var failed: UInt64
    /// Tasks that were cancelled, or needed one that was.
    public var cancelled: UInt64
    /// Tasks on a core now.
    public var running: UInt64
    /// Tasks submitted or made by iterations so far.
    public var total: UInt64
    /// Bytes that ended tasks read: pages, values, parts of files.
    public var bytesIn: UInt64
    /// Bytes that ended tasks made.
    public var bytesOut: UInt64
    /// Bytes that tasks which ended well had to read from nodes other than theirs.
    public var movedBytes: UInt64
    /// What the rest is predicted to take, in nanoseconds of wall time; 0: nothing is known, or
    /// nothing left.
    package var nanosecondsLeft: Int64

    /// The ends of the range in which that lies nine times in ten; 0: nothing is known.
    package var nanosecondsLeftLeast: Int64
    package var nanosecondsLeftMost: Int64

    /// What the rest is predicted to take, wall time; nil: nothing is known, or nothing left.
    public var timeLeft: Duration? { nanosecondsLeft > 0 ? .nanoseconds(nanosecondsLeft) : nil }

    /// Whether nothing is left to do.
    package var isOver: Bool { ended >= total }

    /// Tasks that ended, however.
    package var ended: UInt64 { done + failed + cancelled }

    /// Whether something is left to do that is on no core.
    package var waits: Bool { ended + running < total }

    /// Counts of nothing yet.
    package init(
        done: UInt64 = 0, failed: UInt64 = 0, cancelled: UInt64 = 0, running: UInt64 = 0,
        total: UInt64 = 0, bytesIn: UInt64 = 0, bytesOut: UInt64 = 0, movedBytes: UInt64 = 0,
        nanosecondsLeft: Int64 = 0, nanosecondsLeftLeast: Int64 = 0, nanosecondsLeftMost: Int64 = 0
    ) {
        self.done = done
        self.failed = failed
        self.cancelled = cancelled
        self.running = running
        self.total = total
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.movedBytes = movedBytes
        self.nanosecondsLeft = nanosecondsLeft
        self.nanosecondsLeftLeast = nanosecondsLeftLeast
        self.nanosecondsLeftMost = nanosecondsLeftMost
    }
}
