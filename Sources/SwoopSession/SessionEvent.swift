// Facts that reach a client's session, and its orders.

package import SwoopModel

/// A fact for a client's session.
package enum SessionEvent: Sendable {
    /// The program submitted a part of a graph; without the bytes of what is deferred.
    case submitted(GraphPart, data: [[UInt8]])
    /// Somebody waits for the end of a task.
    case awaited(TaskID)
    /// Somebody waits for the bytes of an output.
    case wanted(TaskID)
    /// Somebody waits for many tasks together; `SessionEffect.offer` says when there is something
    /// to take. Every task has a handle.
    case gatheringBegan(GatheringID, [TaskID], GatheringWish)
    /// Nobody waits there any more.
    case gatheringLeft(GatheringID)
    /// The last handle of a task was dropped.
    case released(TaskID)
    /// The program cancelled tasks.
    case cancelled([TaskID])
    /// These tasks have had the time that their plan was given, which is said in these words; what
    /// of this program was seen on cores then, the longest first. Nil: nobody looked.
    case timedOut([TaskID], within: String, seen: [SeenRun]? = nil)
    /// The coordinator sent news.
    case noticed([ClientNotice])
    /// The coordinator sent the bytes of an output.
    case valueArrived(TaskID, [UInt8])
    /// There is no coordinator any more.
    case connectionLost(String)
    /// The coordinator's first word was that it does not take this program in.
    case refused(String)
    /// The scope of the cluster ended.
    case closed
    /// The time that `nextDeadline` named has come.
    case deadlineReached
}

/// A run that was seen on a core.
package struct SeenRun: Hashable, Sendable {
    package let task: TaskID
    /// Short name of its function.
    package let function: String
    /// Name of its node.
    package let node: String
    /// How long it had been there, in words.
    package let time: String

    package init(task: TaskID, function: String, node: String, time: String) {
        (self.task, self.function, self.node, self.time) = (task, function, node, time)
    }
}

/// How a task ended, as a handle shows it.
package enum Settlement: Equatable, Sendable {
    /// Stored in the cluster.
    case stored(byteCount: Int64, elementCount: Int64)
    case failed(TaskFailure)
}

/// An order of a client's session.
package enum SessionEffect: Equatable, Sendable {
    case submit(GraphPart, data: [[UInt8]])
    case release([TaskID])
    case cancel([TaskID])
    case want([TaskID])
    /// Send data that was deferred.
    case bringData(TaskID)
    /// Write data that was deferred to this place of the memory that is shared with a node.
    case writeData(TaskID, offset: Int64, byteCount: Int64)
    /// Send it after all: there is no such place.
    case sendData(TaskID)
    /// Data that was deferred will not be asked for any more.
    case forgetData(TaskID)
    /// Those who wait for the end of the task can go on.
    case settle(TaskID, Settlement)
    /// Those who wait for the bytes can go on.
    case bring(TaskID, [UInt8])
    /// Something of a gathering can be taken, or nothing more will come.
    case offer(GatheringID)
    /// Those who wait for the bytes must be told why there are none.
    case refuse(TaskID, TaskFailure)
    /// Show a line that a task printed.
    case show(OutputLine)
    /// Show something that a person should read.
    case remark(String)
    /// Show how far the graph is.
    case progress(ProgressCount)
}
